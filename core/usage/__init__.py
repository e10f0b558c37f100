"""Usage: meters, limits in force, consumption and its forecast."""
