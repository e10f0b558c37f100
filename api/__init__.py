"""The HTTP and realtime doors; they know the core and never the pages."""
