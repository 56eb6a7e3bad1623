"""What ./dev stress does, in this order: ``{name: what a person reads}``.

Each but ``walks`` is a file of this folder with a function ``attack(name, plan,
deadline)``. It runs inside Odoo, on the database ``name``, and returns Outcomes.
``plan`` says how much: ``kills`` of each kind of work, ``cases`` that are entered. It
ends about at the ``deadline``, in ``time.monotonic()``.
"""

ATTACKS = {
    "kills": "Killing Odoo at work",
    "servers": "Killing servers that take jobs",
    "crowd": "Saving, viewing and scoring at once",
    "hostile": "Entering hostile domains and values",
    "walks": "Walking all fields and methods as other users",
}
SHARES = {"kills": 0.4, "servers": 0.2, "crowd": 0.1, "hostile": 0.3}
"""Of the time, where all of them run."""
