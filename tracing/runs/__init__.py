"""Traces of cases beside the requests that begin them, and the list that each run leaves."""
