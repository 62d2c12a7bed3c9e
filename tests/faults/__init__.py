"""The service and its database ended, cut off, stalled and drowned while people scan; `python -m
tests.faults` says what became of every acknowledged scan."""
