"""Lists that come in: cases, and people who were with a case, read with all that is wrong with
them."""
