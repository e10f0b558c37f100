"""Moving in from Keygen: its API's own documents become customers, licenses, installations and trusted keys."""
