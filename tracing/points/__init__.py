"""What officers are told: points and who was there, and what contacts say of meeting the case."""
