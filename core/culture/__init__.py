"""Culture: what an install's telemetry says of how its people use the product, health and upsells."""
