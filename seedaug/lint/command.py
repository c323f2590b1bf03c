"""The command `seedaug lint`, also `seedaug-lint`: options in, report and exit status out."""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from seedaug.lint.findings import RULES, Report, Unread
from seedaug.lint.options import add_options, given, version
from seedaug.lint.reports import FORMATS, statistics, summary
from seedaug.lint.settings import Settings, UsageError, near, read_settings

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> int:
    """`seedaug-lint`: run the linter and return its exit status."""
    parser = argparse.ArgumentParser(prog="seedaug-lint")
    parser.add_argument("--version", action="version", version=version())
    add_options(parser)
    return run(parser.parse_args(argv))


def run(options: argparse.Namespace) -> int:
    """Do what the options say.

    Returns:
        0 if nothing was found, 1 if something was, 2 if the options or the settings are wrong,
        nothing could be read or the linter itself failed, 130 if it was interrupted.
    """
    if sys.stdout is None or sys.stderr is None:  # closed by whoever started it
        with open(os.devnull, "w") as nowhere, contextlib.ExitStack() as streams:
            if sys.stdout is None:
                streams.enter_context(contextlib.redirect_stdout(nowhere))
            if sys.stderr is None:
                streams.enter_context(contextlib.redirect_stderr(nowhere))
            return run(options)
    _print_any_letter()
    try:
        with _ended_by_signal():
            return _run(options)
    except UsageError as error:
        return _say(str(error), 2)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except Exception as error:
        if os.environ.get("SEEDAUG_DEBUG"):
            traceback.print_exc()
        frame = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        return _say(f"internal error: {said} ({where}); SEEDAUG_DEBUG=1 shows more", 2)
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
            process.join()


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Within, SIGTERM raises SystemExit, so that no process is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _print_any_letter() -> None:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _say(text: str, status: int) -> int:
    print(f"seedaug lint: {text}", file=sys.stderr)
    return status


def _run(options: argparse.Namespace) -> int:
    if options.list_rules:
        return _print(_rules())
    if options.explain is not None:
        return _print(_explained(options.explain))
    if not options.paths:
        raise UsageError("give files or folders to lint")
    if options.output is not None:
        _check_output(options.output)
    settings = read_settings(
        options.paths, config=options.config, no_config=options.no_config, **given(options)
    )
    report = analysed(options, settings)
    if not report.files:
        return _nothing_read(report)
    if options.fix or options.diff:
        from seedaug.lint.fix import fix_files

        show = _print if options.diff else None
        if fix_files(report, show=show, quiet=options.quiet) and options.fix:
            report = analysed(options, settings)
    if not options.diff:
        _write(options, report)
    return 1 if report.findings and not options.exit_zero else 0


def analysed(options: argparse.Namespace, settings: Settings) -> Report:
    """What is to be said of the files that the options name."""
    from seedaug.lint.engine import analyse
    from seedaug.lint.sources import find_sources
    from seedaug.lint.suppress import silence
    from seedaug.progress import counter

    unread: list[Unread] = []
    files = find_sources(options.paths, settings, unread)
    if options.quiet:
        report = analyse(files, settings)
    else:
        with counter("linting") as count:
            report = analyse(files, settings, count)
    report = replace(report, unread=(*unread, *report.unread))
    return silence(report, files, settings, options.show_unused_ignores)


def _nothing_read(report: Report) -> int:
    for each in report.unread:
        print(f"not read: {each.path}: {each.reason}", file=sys.stderr)
    return _say("there was nothing to lint: no .py or .ipynb file could be read", 2)


def _write(options: argparse.Namespace, report: Report) -> None:
    """The report to where it goes; what is for people beside it to stderr."""
    from seedaug.lint.reports import Excerpts

    human = options.format == "text"
    width = _columns() if sys.stdout.isatty() and options.output is None else 120
    excerpts = Excerpts(width, human and options.output is None and _colour())
    if options.quiet and human:
        report = replace(report, unread=(), warnings=())
    text = FORMATS[options.format](report, excerpts)
    counts = statistics(report) if options.statistics else ""
    ending = "" if options.quiet else f"{summary(report)}\n"
    tail = "\n".join(part for part in (counts, ending) if part)
    if options.output is not None:
        try:
            options.output.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageError(f"--output {options.output}: {error.strerror}") from None
        text = ""
    if human or options.output is not None:
        _print("\n".join(part for part in (text, tail) if part))
    else:
        _print(text)
        print(tail, end="", file=sys.stderr)


def _colour() -> bool:
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()  # a broken pipe shows here, not when Python ends
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # a full disk
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UsageError(f"the report cannot be written: {error.strerror}") from None
    return 0


def _check_output(output: Path) -> None:
    """Find out before the work whether the file can be written."""
    if output.is_dir():
        raise UsageError(f"--output {output}: that is a folder; give the name of a file in it")
    if not output.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder {output.parent}")
    if not os.access(output if output.exists() else output.parent, os.W_OK):
        raise UsageError(f"--output {output}: you may not write there")


def _rules() -> str:
    width = max(len(rule.name) for rule in RULES.values())
    return "".join(
        f"{rule.code}  {rule.severity.value:7}  {rule.name:{width}}  {rule.summary}"
        f"{'' if rule.default else ' (off by default)'}\n"
        for rule in RULES.values()
    )


def _explained(name: str) -> str:
    from seedaug.lint.pages import page

    names = {rule.name: rule.code for rule in RULES.values()}
    code = names.get(name.lower(), name.upper())
    if code not in RULES:
        hint = near(name.upper(), RULES) or near(name.lower(), names) or "; see --list-rules"
        raise UsageError(f"--explain {name}: there is no such rule{hint}")
    return page(code)
