"""The tables and the small helpers of ./dev."""

import os

from scripts import console


def test_table_aligns_numbers_right_and_cuts_long_texts():
    text = console.table(("lead", "score"), [("Azure", 7), ("x" * 50, 100)], limit=10)
    assert text.splitlines() == [
        "lead        score",
        "----------  -----",
        "Azure           7",
        "xxxxxxxxx…    100",
    ]


def test_alive_knows_this_process():
    assert console.alive(os.getpid())
