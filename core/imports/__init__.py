"""Imports: the books of another system read, checked row by row, and taken over customer by customer."""
