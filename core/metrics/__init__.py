"""One catalogue of every number: what it means, who may see it, and the one way it is computed."""
