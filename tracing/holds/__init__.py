"""Entry holds from a case, and the alerts when somebody whom one turns red is scanned."""
