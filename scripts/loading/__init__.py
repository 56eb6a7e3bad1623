"""Loading a CSV file of leads: what to do with it, reading it, what came out."""
