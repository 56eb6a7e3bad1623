"""The subcommands of ./dev and their arguments."""

import argparse

from . import (
    bench,
    databases,
    demo,
    lifecycle,
    lint,
    load_csv,
    odoo,
    postgres,
    quality,
    readme,
    screenshots,
    serving,
    testing,
    translations,
)
from .console import DevError, attached, locked, say
from .stress import command as stress


def main(arguments):
    """Run one subcommand and return its exit code."""
    try:
        if arguments and arguments[0] in PASSED_ON:
            return int(PASSED_ON[arguments[0]][0](arguments[1:]) or 0)
        options = parser().parse_args(arguments)
        return int(options.run(options) or 0)
    except DevError as error:
        say(f"dev: {error}")
    except OSError as error:
        say(f"dev: {error}: free the disk or mend the permission, then try again")
    except KeyboardInterrupt:
        say("dev: interrupted")
        return 130
    return 1


def parser():
    """The command line: one subparser a command."""
    top = argparse.ArgumentParser(prog="./dev", description="Develop lead_scoring.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name, function, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=function)
        return sub

    served = "score demo leads, show a table, serve Odoo"
    show = add("demo", run_demo, served)
    show.add_argument("--no-serve", action="store_true", help="end after the table")
    processes = "so many processes take jobs, see lead_scoring_queue_job"
    show.add_argument("--workers", type=int, default=0, metavar="N", help=processes)
    pictures = "take the pictures of README and app store of the demo"
    add("screenshots", lambda options: screenshots.main(), pictures)
    for name, (_function, text) in PASSED_ON.items():
        commands.add_parser(name, help=text)
    add("lint", lambda options: lint.main(), "check style, mistakes and XML")
    db = add(
        "db",
        create_database,
        "make a database anew with our add-ons; what was in it is lost",
    )
    db.add_argument("name")
    db.add_argument("--demo", action="store_true", help="with demo data")
    db.add_argument("--modules", help="instead of all our add-ons, comma separated")
    for name, function, text in (
        ("shell", odoo.shell, "open Odoo's shell, or execute standard input"),
        ("serve", serving.serve, "serve a database on a loopback address"),
        ("update", databases.update, "update our add-ons in a database"),
    ):
        add(name, on_database(function), text).add_argument("--db", required=True)
    add("readme", lambda options: readme.main(), "write README.rst from readme/*.md")
    again = "uninstall and install our add-ons again, in a random order"
    life = add("lifecycle", run_lifecycle, again)
    life.add_argument("--seed", type=int, default=0, help="of the order (default 0)")
    life.add_argument("--demo", action="store_true", help="with demo data")
    life.add_argument("--minutes", type=int, default=20, help="to stop after")
    exported = "export texts to translate, update the languages"
    pot = add("pot", lambda options: translations.main(options.check), exported)
    pot.add_argument("--check", action="store_true", help="only fail on gaps")
    add("stop", lambda options: serving.stop(), "stop this clone's servers")
    return top


def run_demo(options):
    """./dev demo"""
    return demo.main(not options.no_serve, options.workers)


def create_database(options):
    """./dev db"""
    modules = options.modules.split(",") if options.modules else None
    name = databases.create(options.name, modules, options.demo)
    say(f"Database {name} is ready.")


def run_lifecycle(options):
    """./dev lifecycle"""
    return lifecycle.main(options.seed, options.demo, options.minutes)


def on_database(function):
    """A command that calls `function` with the database named by --db."""
    return lambda options: function(databases.existing(options.db))


def run_psql(arguments):
    """./dev psql: on a database of ours, else on the server's own."""
    with locked("set-up"):
        postgres.ensure()
    name, rest = "postgres", arguments
    if arguments and not arguments[0].startswith("-"):
        name, rest = databases.real_name(arguments[0]), arguments[1:]
    return attached([postgres.binary("psql"), "-d", name, *rest])


# These read their arguments themselves, or hand them on.
PASSED_ON = {
    "test": (
        testing.main,
        "run every test, --core [--quick]: Odoo's own; arguments go to pytest",
    ),
    "psql": (run_psql, "open psql on a database; arguments go to psql"),
    "bench": (bench.main, "measure how fast leads are scored"),
    "stress": (stress.main, "attack a database, check what must hold"),
    "load": (load_csv.main, "load leads from a CSV file"),
    "quality": (quality.main, "learn from a CSV file, judge all ways to score"),
}
