"""What a person sees: steps with their seconds, one-line errors, tables."""

import contextlib
import fcntl
import os
import shlex
import signal
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
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
    if result.returncode:
        raise DevError(f"{hint}: {reason(path)} (see {path.relative_to(ROOT)})")


def reason(path):
    """The line of a log that says most likely why: the last one without a date."""
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    plain = [line for line in lines if not line[0].isdigit()]
    return shorten((plain or lines)[-1].strip(), 200)


def attached(command, **options):
    """Run a command on the user's terminal and return its exit code.

    Ctrl-C reaches the command too, and it is the one to answer; a SIGTERM is
    passed on.
    """
    process = subprocess.Popen(command, **options)
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    end = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return abs(process.wait())
    finally:
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, end)


@contextlib.contextmanager
def locked(what):
    """One at a time in this clone: `what` is the set-up, or the templates."""
    DEV.mkdir(exist_ok=True)
    with (DEV / f"{what}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"… waiting for another ./dev to finish its {what}")
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
