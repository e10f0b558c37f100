"""Telemetry: events in, roll-ups kept, reads that never depend on the number of events."""
