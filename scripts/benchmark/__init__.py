"""What ./dev bench builds and what it runs inside Odoo."""

WITHOUT = "_without"
"""Ends the name of the copy of a database from which our add-ons are uninstalled."""
