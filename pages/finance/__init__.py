"""Screens of the section Finance."""
