"""What pages share: who is looking, loading, the look and the formats."""
