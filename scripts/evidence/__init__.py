"""What ./dev quality does with any CSV of leads whose end is known."""
