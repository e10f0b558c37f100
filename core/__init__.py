"""What the product knows: no screen, no web server, no clock but its own."""
