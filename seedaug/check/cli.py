"""`python -m seedaug check package.module:make_loader`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from seedaug.check.loader import check_loader
from seedaug.check.verdict import CheckError, Verdict

__all__ = ["TargetError", "add_command", "load_target", "main"]


class TargetError(Exception):
    """What was named can't be had, or is no loader."""


def add_command(commands: Any) -> None:
    """Add `check` to the commands of `python -m seedaug`."""
    command: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="run a DataLoader and tell whether its random draws repeat",
        description="Runs a DataLoader's dataset in real workers and tells whether its random "
        "draws repeat, across workers and epochs, or depend on what they shouldn't. "
        "Exit status: 0 if nothing repeats, 1 for a finding, 2 if the loader is broken or not "
        "found.",
    )
    add = command.add_argument
    add("target", metavar="package.module:name",
        help="a DataLoader, or a function without arguments that makes one; also "
        "path/to/file.py:name")  # fmt: skip
    add("--json", action="store_true", help="print the report as JSON")
    add("--html", type=Path, metavar="FILE", help="write the report with its heat map as HTML")
    add("--png", type=Path, metavar="FILE", help="write the heat map (needs Pillow)")
    add("--max-samples", type=int, default=1000, metavar="N",
        help="how many samples are loaded at most, about (default: 1000)")  # fmt: skip
    add("--seconds", type=float, default=60.0, metavar="S",
        help="how long it may take, about (default: 60)")  # fmt: skip
    add("--workers", type=int, metavar="N", help="default: the loader's, 2 to 4")
    add("--epochs", type=int, default=3, metavar="N", help="default: 3")
    add("--no-set-epoch", action="store_true",
        help="do as a script does that never calls set_epoch")  # fmt: skip
    add("--strict", action="store_true", help="exit with 1 for warnings, too")
    add("--allow", action="append", default=[], metavar="VERDICT",
        choices=[v.value for v in Verdict if v.severity],
        help="a verdict that is no failure; may be given several times")  # fmt: skip


def main(arguments: argparse.Namespace) -> int:
    """Check what the arguments name and return the exit status."""
    if arguments.png and importlib.util.find_spec("PIL") is None:
        return _fail('--png needs Pillow: pip install "seedaug[tools]", or use --html')
    for path in (arguments.html, arguments.png):
        if path is not None and not path.parent.is_dir():
            return _fail(f"{path.parent} is no folder: make it first, or name another file")
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is the report's
            loader = load_target(arguments.target)
        report = check_loader(
            loader,
            max_samples=arguments.max_samples,
            seconds=arguments.seconds,
            workers=arguments.workers,
            epochs=arguments.epochs,
            set_epoch=not arguments.no_set_epoch,
            progress=True,
        )
    except (TargetError, CheckError, TypeError, ValueError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("seedaug check: interrupted", file=sys.stderr)
        return 130
    try:
        if arguments.html:
            report.write_html(arguments.html)
        if arguments.png:
            report.write_png(arguments.png)
    except OSError as error:
        return _fail(str(error))
    print(report.to_json() if arguments.json else report)
    return 0 if report.passes(arguments.strict, {Verdict(a) for a in arguments.allow}) else 1


def _fail(text: str) -> int:
    print(f"seedaug check: {text}", file=sys.stderr)
    return 2


def load_target(target: str) -> Any:
    """The loader that ``module:name`` or ``file.py:name`` names, made if it is a function.

    Raises:
        TargetError: there is no such module or name, importing or calling it raises, or what
            comes of it is no DataLoader.
    """
    where, separator, name = target.rpartition(":")
    if not separator or not where or not name:
        raise TargetError(
            f"{target!r} must be package.module:name or path/to/file.py:name, of a DataLoader or "
            "a function that makes one"
        )
    try:
        found: Any = _module(where)
        for part in name.split("."):
            found = getattr(found, part)
        if not hasattr(found, "dataset") and callable(found):
            found = found()
    except TargetError:
        raise
    except (Exception, SystemExit) as error:
        kind = type(error).__name__
        raise TargetError(f"{target} could not be had: {kind}: {error}") from error
    if not hasattr(found, "dataset"):
        raise TargetError(f"{target} is no DataLoader and makes none: got {type(found).__name__}")
    return found


def _module(where: str) -> ModuleType:
    if not where.endswith(".py"):
        sys.path.insert(0, os.getcwd())
        return importlib.import_module(where)
    path = Path(where).resolve()
    if not path.is_file():
        raise TargetError(f"{where} is no file")
    sys.path.insert(0, str(path.parent))  # for what stands beside it, and for new processes
    if path.stem.isidentifier() and path.stem not in sys.modules:
        module = importlib.import_module(path.stem)
        if module.__file__ and Path(module.__file__).resolve() == path:
            return module
    spec = importlib.util.spec_from_file_location(f"{path.stem}_checked", path)
    if spec is None or spec.loader is None:
        raise TargetError(f"{where} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module
