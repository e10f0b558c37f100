"""Screens of usage: who is over, near or jumping, one customer's gauges, and the limits in force."""
