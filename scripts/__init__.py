"""The few scripts that are no command of manage.py."""
