"""The subcommands of ./dev and their arguments."""

import argparse
import importlib.util
import os
import subprocess

from . import databases, odoo, postgres, testing
from .console import DevError, locked, say


def main(arguments):
    """Run one subcommand and return its exit code."""
    options, rest = parser().parse_known_args(arguments)
    try:
        return options.run(options, rest) or 0
    except DevError as error:
        say(f"dev: {error}")
        return 1
    except KeyboardInterrupt:
        say("")
        return 130


def parser():
    """The command line: one subparser a command."""
    top = argparse.ArgumentParser(prog="./dev", description="Develop lead_scoring.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name, function, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=function)
        return sub

    add("test", lambda options, rest: testing.main(rest), "run every test")
    shell = add("shell", run_shell, "open Odoo's shell, or execute standard input")
    shell.add_argument("--db", required=True)
    db = add("db", run_db, "create or refresh a database with our add-ons")
    db.add_argument("name")
    db.add_argument("--demo", action="store_true", help="with demo data")
    db.add_argument("--modules", help="instead of all our add-ons, comma separated")
    psql = add("psql", run_psql, "open psql on a database; more arguments go to it")
    psql.add_argument("name", nargs="?")
    update = add("update", run_update, "update our add-ons in a database")
    update.add_argument("--db", required=True)
    return top


def run_shell(options, rest):
    """./dev shell"""
    return odoo.shell(databases.existing(options.db))


def run_db(options, rest):
    """./dev db"""
    modules = options.modules.split(",") if options.modules else None
    name = databases.create(options.name, modules, options.demo)
    say(f"Database {name} is ready.")


def run_psql(options, rest):
    """./dev psql"""
    with locked():
        postgres.ensure()
    name = databases.real_name(options.name) if options.name else "postgres"
    return subprocess.run([postgres.binary("psql"), "-d", name, *rest]).returncode


def run_update(options, rest):
    """./dev update"""
    databases.update(databases.existing(options.db))
