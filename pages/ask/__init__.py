"""Screens of the section Ask."""
