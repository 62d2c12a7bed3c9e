"""Load on a running service over HTTP only: Locust scenarios."""
