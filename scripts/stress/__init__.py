"""What ./dev stress does to Odoo: a file for each attack, listed in ``attacks.py``."""
