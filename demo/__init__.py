"""A believable Cần Thơ, made from a seed."""
