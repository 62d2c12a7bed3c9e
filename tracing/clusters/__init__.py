"""Places where more cases had been than chance explains, as an officer asks for them."""
