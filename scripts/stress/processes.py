"""Processes of Odoo, made as its server makes its workers: by a fork of one that has
loaded everything, and that has no connection to the database open.
"""

import multiprocessing
import traceback
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

FORK = multiprocessing.get_context("fork")


class WorkerError(Exception):
    """What went wrong in a worker: its traceback."""


class Worker:
    """A process that calls ``function(*args)``.

    What the function returns, or raises, is in :meth:`result`.
    """

    def __init__(self, function, *args):
        self._receiver, sender = FORK.Pipe(duplex=False)
        self._process = FORK.Process(target=self._work, args=(sender, function, args))
        self._process.start()
        sender.close()

    @staticmethod
    def _work(sender, function, args):
        try:
            sender.send((function(*args), None))
        except Exception:
            # whatever it is, the other process has to know
            sender.send((None, traceback.format_exc()))

    def result(self):
        """Wait for the end, and return what the function returned.

        :raise WorkerError: it raised something, or was killed
        """
        try:
            value, error = self._receiver.recv()
        except EOFError:
            value, error = None, "The process was killed."
        self._process.join()
        self._receiver.close()
        if error:
            raise WorkerError(error)
        return value

    def kill(self):
        """End it at once by SIGKILL; return whether it was still at work."""
        at_work = not self._receiver.poll() and self._process.is_alive()
        self._process.kill()
        self._process.join()
        self._receiver.close()
        return at_work


@contextmanager
def environment(name):
    """Yield a superuser's environment of a new transaction, committed at the end."""
    registry = Registry(name).check_signaling()
    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})
    registry.signal_changes()


def call(name, function, *args):
    """Call ``function(env, *args)`` in a worker and return its result."""
    return Worker(in_environment, name, function, *args).result()


def in_environment(name, function, *args):
    """Call ``function(env, *args)`` and commit."""
    with environment(name) as env:
        return function(env, *args)


def scheduled_action(env, xml_id):
    """Run a scheduled action as the scheduler does.

    :raise WorkerError: it failed
    """
    outcome = env.ref(xml_id).method_direct_trigger()
    if outcome is not True:
        raise WorkerError(outcome["params"]["data"]["debug"])


HOURLY = "lead_scoring.ir_cron_score_leads"
NIGHTLY = "lead_scoring.ir_cron_score_all_leads"


def run_to_the_end(env):
    """Run both scheduled actions, as on a quiet night."""
    for xml_id in (HOURLY, NIGHTLY):
        scheduled_action(env, xml_id)
        env.cr.commit()
