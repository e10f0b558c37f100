"""The demo world: one story for demo, tests, screenshots and docs."""
