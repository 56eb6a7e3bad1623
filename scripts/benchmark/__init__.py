"""What ./dev bench builds and what it runs inside Odoo."""
