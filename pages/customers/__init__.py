"""Screens of the section Customers."""
