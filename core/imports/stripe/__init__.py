"""What Stripe bills taken into our books: its customers become customers, its subscriptions subscriptions."""
