"""The outbox: what happened, told to whoever listens after the commit."""
