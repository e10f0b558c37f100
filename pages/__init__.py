"""The screens: a page loads, says and lays out; it never computes."""
