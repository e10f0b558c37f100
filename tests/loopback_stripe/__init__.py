"""A Stripe of our own on this machine: it keeps customers, subscriptions and invoices, and misbehaves when told to."""
