"""What is linted for: the settings of a run, from pyproject.toml and the command line."""

from __future__ import annotations

import difflib
import importlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

from seedaug.lint.findings import RULES, Severity

__all__ = ["Settings", "UsageError", "codes", "near", "read_settings"]

TABLE = "[tool.seedaug.lint]"
DEFAULT_TORCH = "1.9+"


class UsageError(Exception):
    """Something that the user can put right; the command prints it and ends with status 2."""


@dataclass(frozen=True)
class Settings:
    """Which rules, which files, and for which torch.

    Args:
        select: codes or their beginnings ("SDA1"; "ALL"); empty for the rules that are on by
            default.
        ignore: codes or their beginnings that are off, even if selected.
        extend_select: those that are on besides.
        exclude: patterns of files and folders that are left out, as for `fnmatch`; one without a
            slash goes for any name on the way, one with a slash for the path from `root`.
        per_file_ignores: patterns and the codes that are off in such files.
        torch: the oldest version of torch that the code is to run with, such as "1.8" or "1.9+".
        jobs: processes; 0 for one on each processor.
        root: the project's folder.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    torch: str = DEFAULT_TORCH
    jobs: int = 0
    root: Path = field(default_factory=Path.cwd)

    @cached_property
    def chosen(self) -> frozenset[str]:
        """The codes of the rules that are on."""
        on = codes(self.select) if self.select else {c for c, r in RULES.items() if r.default}
        return frozenset((on | codes(self.extend_select)) - codes(self.ignore))

    def wants(self, code: str, path: Path | str | None = None) -> bool:
        """Whether findings of this rule are wanted: anywhere, or in this file."""
        if code not in self.chosen:
            return False
        return path is None or code not in codes(
            each
            for pattern, ignored in self.per_file_ignores
            if self._matches(Path(path), pattern)
            for each in ignored
        )

    def severity(self, code: str) -> Severity:
        """A rule's severity on the torch that the code is to run with.

        Before 1.9, torch did not seed NumPy's global generator in workers: draws repeat.
        """
        if code == "SDA102" and self.old_torch:
            return Severity.ERROR
        return RULES[code].severity

    @property
    def old_torch(self) -> bool:
        """Whether a torch before 1.9 is to be reckoned with."""
        return _version(self.torch) < (1, 9)

    @property
    def processes(self) -> int:
        """How many processes to use, at least 1."""
        if self.jobs:
            return self.jobs
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder found on a walk is left out."""
        return any(self._matches(path, pattern) for pattern in self.exclude)

    def _matches(self, path: Path, pattern: str) -> bool:
        pattern = pattern.removeprefix("./").rstrip("/")
        full = Path(os.path.abspath(path))
        if full.is_relative_to(self.root):
            full = full.relative_to(self.root)
        if "/" not in pattern:
            return any(fnmatch(part, pattern) for part in full.parts)
        return any(fnmatch(str(each), pattern) for each in (full, *full.parents))


def codes(named: Iterable[str]) -> set[str]:
    """The rules that codes, beginnings of codes and "ALL" name.

    Raises:
        UsageError: there is no such rule.
    """
    found = set()
    for name in named:
        begin = "" if name.upper() == "ALL" else name.strip().upper()
        here = {code for code in RULES if code.startswith(begin)}
        if not here or (not begin and name.upper() != "ALL"):
            raise UsageError(f"there is no rule {name!r}{near(name.upper(), RULES)}")
        found |= here
    return found


def near(word: str, words: Iterable[str]) -> str:
    """ "; did you mean …?" for the nearest word, or "" if none is near."""
    match = difflib.get_close_matches(word, list(words), 1)
    return f"; did you mean {match[0]!r}?" if match else ""


def _version(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(?:>=\s*)?(\d+)\.(\d+)(?:\.\d+)*\+?", text.strip())
    if match is None:
        raise UsageError(f'torch = {text!r}: give the oldest version, such as "1.8" or "1.9+"')
    return int(match[1]), int(match[2])


def read_settings(
    paths: Sequence[Path], *, config: Path | None = None, no_config: bool = False, **given: Any
) -> Settings:
    """The settings for linting `paths`.

    Args:
        paths: the files and folders that are linted; the nearest pyproject.toml above them all
            that has a table `[tool.seedaug.lint]` is read.
        config: another file to read instead.
        no_config: read none.
        given: fields of `Settings` from the command line, which go before those of the file;
            None where the command line does not say. `extend_select` adds to the file's.

    Raises:
        UsageError: the file, a key, a value or a code is wrong.
    """
    above = _above(paths)
    file, table = None, None
    if config is not None:
        file, table = config, _table(config)
        if table is None:
            raise UsageError(f"{config}: there is no table {TABLE} in it")
    elif not no_config:
        file, table = _nearest(above)
    root = Path(os.path.abspath(file)).parent if file else _project(above)
    settings = Settings(root=root)
    if file is not None and table is not None:
        settings = replace(settings, **_checked(table, str(file)))
    said = {name: value for name, value in given.items() if value is not None}
    if "extend_select" in said:
        said["extend_select"] = (*settings.extend_select, *said["extend_select"])
    settings = replace(settings, **said)
    _ = settings.chosen, settings.old_torch  # raise what is wrong with them here
    return settings


def _above(paths: Sequence[Path]) -> list[Path]:
    """The folder that holds all paths, and those above it."""
    full = [os.path.abspath(path) for path in paths] or [os.getcwd()]
    common = Path(os.path.commonpath(full))
    return [*([common] if os.path.isdir(common) else []), *common.parents]


def _project(above: list[Path]) -> Path:
    marks = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
    return next((each for each in above if any(os.path.exists(each / m) for m in marks)), above[0])


def _nearest(above: list[Path]) -> tuple[Path | None, dict[str, Any] | None]:
    for folder in above:
        file = folder / "pyproject.toml"
        if os.path.isfile(file):
            table = _table(file)
            if table is not None:
                return file, table
    return None, None


def _table(file: Path) -> dict[str, Any] | None:
    """The file's table of ours, None if it has none."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: it cannot be read: {error}") from None
    if "seedaug" not in text:  # spares a parser, which Python 3.10 does not have
        return None
    try:
        toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ImportError:
        raise UsageError(
            f"{file}: Python 3.10 cannot read it by itself; `pip install tomli`, or --no-config"
        ) from None
    try:
        table = toml.loads(text).get("tool", {}).get("seedaug", {}).get("lint")
    except (toml.TOMLDecodeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{file}: it is not valid TOML: {error}; or give --no-config") from None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: {TABLE} must be a table")
    return table


def _checked(table: dict[str, Any], file: str) -> dict[str, Any]:
    """The table's values as fields of `Settings`."""
    keys = {each.name.replace("_", "-"): each.name for each in fields(Settings)}
    del keys["root"]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in keys:
            hint = near(key, keys) or f"; there are {', '.join(keys)}"
            raise UsageError(f"{file}: {TABLE} has no key {key!r}{hint}")
        values[keys[key]] = _value(keys[key], value, f"{file}: {TABLE} {key}")
    return values


def _value(name: str, value: Any, where: str) -> Any:
    if name == "torch":
        if not isinstance(value, str):
            raise UsageError(f'{where}: must be a string such as "1.8", got {value!r}')
        return _said(where, lambda: _version(value) and value)
    if name == "jobs":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise UsageError(f"{where}: must be a whole number, 0 or more, got {value!r}")
        return value
    if name == "per_file_ignores":
        if not isinstance(value, dict):
            raise UsageError(f"{where}: must be a table of patterns and lists of codes")
        return tuple((p, _strings(c, f"{where}.{p!r}", True)) for p, c in value.items())
    return _strings(value, where, name != "exclude")


def _strings(value: Any, where: str, are_codes: bool) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError(f"{where}: must be a list of strings, got {value!r}")
    if are_codes:
        _said(where, lambda: codes(value))
    return tuple(value)


def _said(where: str, check: Any) -> Any:
    try:
        return check()
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
