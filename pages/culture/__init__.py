"""Screens of the section Culture."""
