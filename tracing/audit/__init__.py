"""The audit, read by auditors: who did what, when, about which case."""
