"""The whole run: parse the files, link them, apply the rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from seedaug.lint.context import Context
from seedaug.lint.findings import Finding, Place, Report
from seedaug.lint.imports import Imports
from seedaug.lint.processes import in_processes
from seedaug.lint.project import Project
from seedaug.lint.rules.distributed import check_distributed
from seedaug.lint.rules.drawing import check_draws
from seedaug.lint.rules.sample_seeds import check_sample_seeds
from seedaug.lint.rules.worker_init import check_worker_init
from seedaug.lint.scan import load, no_collection, scan
from seedaug.lint.settings import Settings
from seedaug.lint.sources import read_source, shown
from seedaug.lint.syntax import Module

__all__ = ["analyse", "check_modules"]

CHECKS = (check_draws, check_sample_seeds, check_worker_init, check_distributed)


def analyse(
    paths: Sequence[Path],
    settings: Settings,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Lint files, all as one project: what one of them draws, another may run in workers.

    Args:
        paths: of Python files and notebooks. Files that these import are read too, for what they
            say of classes and generators, but nothing is said about them.
        settings: which rules, and for which torch.
        progress: called with how many files are parsed, and of how many.
    """
    with no_collection():
        scanned = scan(paths, settings.processes, progress)
        order = {os.path.abspath(path): at for at, path in enumerate(paths)}
        found = [
            replace(finding, severity=settings.severity(finding.code))
            for finding in check_modules(scanned.modules, scanned.left, settings.processes)
            if settings.wants(finding.code, finding.place.path)
        ]
    found.sort(key=lambda one: (order[one.place.path], one.place, one.code))
    columns = _Columns()
    return Report(
        tuple(columns.of_finding(one) for one in found), tuple(scanned.unread), scanned.files
    )


def check_modules(
    modules: Sequence[Module], left: Iterable[str] = (), processes: int = 1
) -> list[Finding]:
    """All findings in parsed files, of every rule; columns in bytes, paths as the modules'.

    Files that have nothing to do with each other are looked at apart, in processes of their own
    if there are many.
    """
    by_path = {module.path: module for module in modules}
    imports = Imports(by_path, frozenset(left))
    groups = [[by_path[path] for path in paths] for paths in imports.groups()]
    groups = [group for group in groups if any(one.speaks_of_random for one in group)]
    # An import out of the given files is read once, not for each group anew.
    found = in_processes(partial(_check_group, imports, cache(load)), groups, processes)
    return list(dict.fromkeys(finding for findings in found for finding in findings))


def _check_group(
    imports: Imports, load: Callable[[str], Module | None], modules: Sequence[Module]
) -> list[Finding]:
    context = Context(Project(modules, load, imports))
    return [finding for check in CHECKS for finding in check(context)]


class _Columns:
    """Makes places readable: columns in characters, paths relative to the current folder."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def of_finding(self, finding: Finding) -> Finding:
        """The finding with its places readable."""
        related = tuple((self._place(place), remark) for place, remark in finding.related)
        fix = finding.fix
        if fix is not None and fix.place is not None:
            fix = replace(fix, place=self._place(fix.place))
        return replace(finding, place=self._place(finding.place), related=related, fix=fix)

    def _place(self, place: Place) -> Place:
        lines = self._of(place.path)
        return Place(
            shown(Path(place.path)),
            place.line,
            _characters(lines, place.line, place.column),
            place.end_line,
            _characters(lines, place.end_line, place.end_column),
        )

    def _of(self, path: str) -> list[str]:
        if path not in self._lines:
            try:
                self._lines[path] = read_source(Path(path)).lines
            except (OSError, ValueError):  # gone since it was parsed
                self._lines[path] = []
        return self._lines[path]


def _characters(lines: list[str], line: int, column: int) -> int:
    """A column in characters, of one in bytes as Python's parser counts."""
    if not 1 <= line <= len(lines) or lines[line - 1].isascii():
        return column
    return len(lines[line - 1].encode()[: column - 1].decode(errors="ignore")) + 1
