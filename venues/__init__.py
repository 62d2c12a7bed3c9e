"""Places people enter: organisations, venues, zones, checkpoints, their QR codes and the posters
that carry them."""
