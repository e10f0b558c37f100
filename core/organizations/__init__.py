"""Organizations: the vendor and its customers, their brands and domains."""
