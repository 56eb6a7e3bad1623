"""What came of an attack, and the table of all."""

from dataclasses import dataclass, field

from ..console import shorten, table

HEADERS = ("", "tried", "held", "lost", "leaked", "stopped", "worst wait")
NOTES_SHOWN = 12


@dataclass
class Outcome:
    """How often something was tried, and what became of it."""

    name: str
    tried: int = 0
    held: int = 0
    lost: int = 0
    """Points, records or changes that are gone or twice there; errors of a user."""
    leaked: int = 0
    """Somebody found out what they may not read."""
    stopped: int = 0
    """A run or a call ended with an error that nobody meant for users."""
    worst_wait: float | None = None
    """Seconds, of one save."""
    notes: list = field(default_factory=list)
    """What did not hold, or why less was tried than asked."""

    def count(self, verdict, note=""):
        """Add one that was tried.

        :param verdict: ``held``, ``lost``, ``leaked`` or ``stopped``
        :param note: what did not hold
        """
        self.tried += 1
        setattr(self, verdict, getattr(self, verdict) + 1)
        if note:
            self.notes.append(f"{verdict}: {note}")

    @property
    def failed(self):
        """Whether anything was lost, leaked or stopped."""
        return bool(self.lost or self.leaked or self.stopped)

    def row(self):
        """One line of the table."""
        wait = "" if self.worst_wait is None else f"{self.worst_wait:.1f} s"
        counts = (self.tried, self.held, self.lost, self.leaked, self.stopped)
        return (self.name, *counts, wait.rjust(10))


def text(heading, outcomes):
    """The table of all attacks, and below it what did not hold."""
    lines = [heading, "", table(HEADERS, [outcome.row() for outcome in outcomes], 60)]
    for outcome in outcomes:
        if outcome.notes:
            lines += ["", f"{outcome.name}:"]
            shown = outcome.notes[:NOTES_SHOWN]
            lines += [f"  {shorten(' '.join(note.split()), 300)}" for note in shown]
            if more := len(outcome.notes) - len(shown):
                lines.append(f"  and {more} more")
    return "\n".join(lines)
