"""Invoices: drafted from what is due, numbered without gaps, held still once finalized, paid, credited, dunned."""
