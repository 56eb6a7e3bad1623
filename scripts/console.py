"""What a person sees: steps with their seconds, one-line errors, tables."""

import contextlib
import fcntl
import os
import shlex
import subprocess
import sys
import time

from .paths import DEV, LOGS, ROOT


class DevError(Exception):
    """An expected failure; its one line says what to do next."""


def say(text):
    """Print a line at once, on standard error: output proper stays parsable."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text):
    """Announce something long, and say how many seconds it took."""
    started = time.monotonic()
    print(f"… {text}", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        say(" failed")
        raise
    say(f" {time.monotonic() - started:.0f} s")


def run(command, log, hint, **options):
    """Run a command with its output in a log file; `hint` is the error line."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with path.open("w") as output:
        output.write(f"$ {shlex.join(map(str, command))}\n")
        output.flush()
        result = subprocess.run(
            command,
            stdin=None if "input" in options else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
    if result.returncode:
        raise DevError(f"{hint} (see {path.relative_to(ROOT)})")


@contextlib.contextmanager
def locked():
    """One setting up at a time in this clone; a second one waits."""
    DEV.mkdir(exist_ok=True)
    with (DEV / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("… waiting for another ./dev in this clone")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def alive(pid):
    """Tell whether a process of this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def table(headers, rows, limit=44):
    """Lay rows out in columns; numbers to the right, long texts cut."""
    texts = [[shorten(str(cell), limit) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headers, *texts, strict=True)]
    lines = ["  ".join(map(str.ljust, headers, widths)).rstrip()]
    lines.append("  ".join("-" * width for width in widths))
    for row, cells in zip(rows, texts, strict=True):
        aligned = [
            text.rjust(width) if isinstance(value, int) else text.ljust(width)
            for value, text, width in zip(row, cells, widths, strict=True)
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def shorten(text, limit):
    """Cut a text to `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
