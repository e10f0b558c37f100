"""Support: what customers ask, how soon they are answered, and what they say when they leave."""
