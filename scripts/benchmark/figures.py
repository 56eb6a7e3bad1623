"""What a measurement found: numbers, and the bounds that they should keep."""

from typing import NamedTuple


class Figure(NamedTuple):
    """One number: at most ``most``, or at least ``least``, where that is asked."""

    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None

    @property
    def bound(self):
        """What is asked, as text; nothing where nothing is."""
        if self.most is not None:
            return f"≤ {number(self.most)}"
        return f"≥ {number(self.least)}" if self.least is not None else ""

    @property
    def missed(self):
        """Whether the number does not keep its bound."""
        if self.most is not None:
            return self.value > self.most
        return self.least is not None and self.value < self.least


def number(value):
    """A number with as many digits as tell something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
