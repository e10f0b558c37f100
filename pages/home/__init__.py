"""Screens of the section Home."""
