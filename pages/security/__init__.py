"""Screens of the section Security."""
