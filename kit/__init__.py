"""Tools with no opinion about venues, visits or disease; they would suit a lending library
unchanged."""
