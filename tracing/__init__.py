"""Confirmed cases and whom they exposed: policies, stays, exposures, contacts F1 to Fn, runs and
exports."""
