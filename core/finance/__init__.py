"""Money over time: the movement ledger and the rates read from it."""
