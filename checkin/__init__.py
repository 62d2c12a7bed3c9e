"""People and their vault, health declarations, scans (in, out, refused), standing and entry
holds."""
