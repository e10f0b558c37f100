"""Licenses: tiers and their limits as data, verdicts, decisions."""
