"""Lines of source for a report: the line of a place, and where carets go under it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from seedaug.lint.findings import Place
from seedaug.lint.sources import Source, SourceError, read_source

__all__ = ["Excerpts", "printable"]

NARROWEST = 30  # columns for source, however narrow the terminal


@dataclass
class Excerpts:
    """Reads the lines that places stand on, each file once.

    Args:
        width: columns of the terminal.
        colour: whether it shows colours.
    """

    width: int = 100
    colour: bool = False
    read: dict[str, Source | None] = field(default_factory=dict)

    def source(self, path: str) -> Source | None:
        """The file of this path, None if it cannot be read any more."""
        if path not in self.read:
            try:
                self.read[path] = read_source(Path(path))
            except (SourceError, OSError):
                self.read[path] = None
        return self.read[path]

    def cell(self, place: Place) -> tuple[int, int] | None:
        """The number of a notebook's cell, and the line in it; None for a file of Python."""
        source = self.source(place.path)
        return source.cell_of(place.line) if source else None

    def where(self, place: Place) -> str:
        """`path:line:column`, or `path:cell N:line:column`."""
        cell = self.cell(place)
        at = f"cell {cell[0]}:{cell[1]}" if cell else str(place.line)
        return f"{printable(place.path)}:{at}:{place.column}"

    def number(self, place: Place) -> int:
        """The line's number as people see it."""
        cell = self.cell(place)
        return cell[1] if cell else place.line

    def line(self, place: Place) -> str | None:
        """The line that a place begins on, as it is in the file."""
        source = self.source(place.path)
        lines = source.lines if source else []
        return lines[place.line - 1] if 0 < place.line <= len(lines) else None

    def marked(self, place: Place, gutter: int) -> tuple[str, str] | None:
        """The line, cut to the terminal, and carets under what the place covers of it."""
        line = self.line(place)
        if line is None:
            return None
        line = line.rstrip()
        end = place.end_column - 1 if place.end_line == place.line else len(line)
        start = min(max(place.column - 1, 0), len(line))
        end = min(max(end, start + 1), max(len(line), start + 1))
        before, within, after = (
            printable(part, tab=True) for part in (line[:start], line[start:end], line[end:])
        )
        return _cut(before, within, after, max(self.width - gutter, NARROWEST))


def printable(text: str, *, tab: bool = False) -> str:
    """Text without characters that would move a terminal's cursor or recolour it."""
    if tab:
        text = text.replace("\t", "    ")
    return "".join("\N{REPLACEMENT CHARACTER}" if _moves(c) else c for c in text)


def _moves(letter: str) -> bool:
    return (
        unicodedata.category(letter) in ("Cc", "Cs")
        or letter in "\u2028\u2029"
        or ("\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069")
    )


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _cut(before: str, within: str, after: str, room: int) -> tuple[str, str]:
    """A line of at most `room` columns around what is marked, and its carets."""
    lead = len(before) - len(before.lstrip())
    if columns(before + within + after) > room:
        before, lead = before[lead:], 0  # the indentation goes first
    if columns(before + within) > room:
        within = _fitting(within, room * 2 // 3)
        keep = room - columns(within) - 1
        if columns(before) > keep:
            before = "…" + _fitting(before[::-1], keep - 1)[::-1].lstrip("…")
    line = _fitting(before + within + after, room)
    return line, " " * columns(before) + "^" * max(columns(within), 1)


def _fitting(text: str, room: int) -> str:
    if columns(text) <= room:
        return text
    while text and columns(text) > room - 1:
        text = text[: room - 1] if len(text) > room else text[:-1]
    return text + "…"
