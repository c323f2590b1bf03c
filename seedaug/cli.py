"""The command line: `python -m seedaug demo`, `lint`, `check` and `info`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from seedaug.check.cli import add_command as add_check
from seedaug.check.cli import main as run_check
from seedaug.lint.options import add_options


def _between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be from {low} to {high}, got {text!r}")
        return int(text)

    return number


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="seedaug",
        description="Random augmentation as a pure function of (seed, epoch, worker, index).",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    demo = commands.add_parser(
        "demo",
        help="four ways to draw random numbers in a dataset, measured and pictured (a minute)",
        description="Runs one loader four ways, counts what repeats, compares runs byte by byte "
        "and draws a contact sheet. Exit status: 0 if every claim holds, 1 if one does not, "
        "2 if there is nothing to run it on.",
    )
    demo.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="a folder of JPEG and PNG files (default: photographs that come with scikit-image)",
    )
    demo.add_argument(
        "--workers", type=_between(2, 32), default=4, metavar="N", help="2 to 32, default 4"
    )
    demo.add_argument(
        "--epochs", type=_between(2, 20), default=3, metavar="N", help="2 to 20, default 3"
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("demo.png"),
        metavar="FILE",
        help="the contact sheet (default: demo.png)",
    )
    lint = commands.add_parser("lint", help="find draws that repeat, in sources (runs nothing)")
    add_options(lint)
    add_check(commands)
    commands.add_parser("info", help="version, instruction sets, CUDA, torch: for a bug report")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    arguments = parser().parse_args(argv)
    if arguments.command == "info":
        from seedaug.config import show_config

        show_config()
        return 0
    if arguments.command == "lint":
        from seedaug.lint.command import run

        return run(arguments)

    if arguments.command == "check":
        return run_check(arguments)

    from seedaug.demo import DemoError, run_demo

    try:
        return run_demo(arguments.images, arguments.workers, arguments.epochs, arguments.out)
    except DemoError as error:
        print(f"seedaug demo: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("seedaug demo: interrupted", file=sys.stderr)
        return 130
