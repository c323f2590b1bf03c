"""The linter's options on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

__all__ = ["add_options", "given", "version"]

DESCRIPTION = (
    "Finds random draws that repeat, or depend on the number of workers, in data loading code; "
    "reads sources, runs nothing. Exit status: 0 if nothing is found, 1 if something is, 2 if the "
    "command is wrong or nothing could be read."
)
FORMAT_NAMES = ("text", "json", "sarif", "github")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the linter's arguments to a parser."""
    parser.description = DESCRIPTION
    add = parser.add_argument
    add("paths", nargs="*", type=Path, metavar="PATH", help="files and folders: .py and .ipynb")
    add("--format", choices=FORMAT_NAMES, default="text", help="of the report (default: text)")
    add("--output", type=Path, metavar="FILE", help="write the report there")
    add("--statistics", action="store_true", help="count the findings by rule")
    add("--quiet", action="store_true", help="findings only: no progress, no summary")
    add("--exit-zero", action="store_true", help="exit with 0 even if something is found")
    _add_choice(parser.add_argument_group("what is linted"))
    repair = parser.add_argument_group("repair").add_mutually_exclusive_group()
    repair.add_argument("--fix", action="store_true", help="mend what can be mended safely")
    repair.add_argument("--diff", action="store_true", help="show what --fix would change")
    about = parser.add_argument_group("about the rules")
    about.add_argument("--explain", metavar="CODE", help="a rule's page: code or name")
    about.add_argument("--list-rules", action="store_true", help="all rules, one a line")


def _add_choice(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    codes: dict[str, Any] = {"type": _list, "action": "extend", "metavar": "CODES"}
    add("--select", **codes, help='rules: codes or their beginnings, "SDA1,SDA401"; or ALL')
    add("--extend-select", **codes, help="rules besides those that are on")
    add("--ignore", **codes, help="rules to leave out")
    add(
        "--exclude",
        type=_list,
        action="extend",
        metavar="PATTERNS",
        help="files and folders to leave out, such as third_party or 'src/old/*'",
    )
    add("--torch", metavar="VERSION", help='the oldest torch to run with (default: "1.9+")')
    add("--jobs", type=_jobs, metavar="N", help="processes (default: one on each processor)")
    add("--show-unused-ignores", action="store_true", help="tell of comments that silence nothing")
    config = group.add_mutually_exclusive_group()
    config.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="read this instead of the nearest pyproject.toml",
    )
    config.add_argument("--no-config", action="store_true", help="read no pyproject.toml")


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"must be from 1 to 1024, got {text!r}")
    return int(text)


def given(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of `Settings` that the options give; None where they don't."""
    lists = ("select", "extend_select", "ignore", "exclude")
    said = {name: getattr(options, name) for name in lists}
    fields = {name: None if value is None else tuple(value) for name, value in said.items()}
    return {**fields, "torch": options.torch, "jobs": options.jobs}


def version() -> str:
    """The version, as `--version` prints it."""
    from seedaug import __version__

    return f"seedaug-lint {__version__}"
