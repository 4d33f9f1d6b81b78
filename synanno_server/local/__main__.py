"""The command line of `./synanno`, once its environment is there."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Sequence

from synanno_server.env import SettingError, read_environment
from synanno_server.local.commands.bench import list_benches, run_bench
from synanno_server.local.commands.check import run_checks
from synanno_server.local.commands.manage import run_manage
from synanno_server.local.commands.test import run_tests
from synanno_server.local.commands.up import run_copy
from synanno_server.local.errors import StartError, StopRequested

SETTINGS_HINT = """\
Settings are environment variables; docs/settings.md lists them. The most used:
  SYNANNO_HOME   the folder that holds all data (default: ./var)
  DATABASE_URL, REDIS_URL   servers to use instead of the embedded ones
"""
TEST_HINT = """\
ARGS are pytest's, for example `./synanno test tests/local -k lock`; the front end's own tests
are then left out. The last line is `N passed, N failed`. On a build server (CI set) a test that
cannot run has failed.
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show every letter
    try:
        return _run(list(arguments))
    except (StartError, SettingError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except StopRequested as request:
        return 128 + request.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(arguments: list[str]) -> int:
    command, rest = arguments[:1], arguments[1:]
    if command == ["manage"]:
        return run_manage(rest, read_environment())
    if command == ["test"] and rest[:1] not in (["-h"], ["--help"]):
        return run_tests(rest, read_environment())
    options = _parser().parse_args(arguments)
    if options.command in ("up", "demo"):
        return run_copy(options.command, read_environment(), options.port)
    if options.command == "check":
        return run_checks()
    if options.name is None:
        return list_benches()
    return run_bench(options.name, quick=options.quick, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./synanno",
        description="SynAnno Server: proofreading of synapses, for teams.",
        epilog=SETTINGS_HINT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_text in (
        ("demo", "run a copy with a demonstration campaign, and print its logins"),
        ("up", "run a copy"),
    ):
        command = commands.add_parser(name, help=help_text, description=f"{help_text}.")
        command.add_argument(
            "--port", type=_port, help="port of the web server; 0 takes any that is free"
        )
    test = commands.add_parser(
        "test",
        help="run every test",
        description="Run every test: Python, browser and front end, with servers of their own.",
        epilog=TEST_HINT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    test.add_argument("arguments", nargs="*", metavar="ARGS", help="what pytest is to run")
    check = "lint, types, import contracts, templates, migrations"
    commands.add_parser("check", help=check, description=f"Read the code: {check}.")
    commands.add_parser("manage", help="run manage.py with the database and Redis up")
    bench_help = "measure; without a name, list what there is"
    bench = commands.add_parser("bench", help=bench_help, description=f"{bench_help}.")
    bench.add_argument("name", nargs="?", help="which bench")
    bench.add_argument("--quick", action="store_true", help="within 45 s, with fewer repeats")
    bench.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 0 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
