"""What embedding the client looks like, small enough to read at once."""
