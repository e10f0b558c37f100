"""Migrations: one chain a plane, run by db/migrate.py."""
