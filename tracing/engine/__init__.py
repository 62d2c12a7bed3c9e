"""What the law asks, decided from facts that are given as columns: stays, exposures, tiers, the
list. Pure: no clock, no table, nothing of the rest of tracing."""
