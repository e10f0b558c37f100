"""Plans, prices and the priced agreement behind a license."""
