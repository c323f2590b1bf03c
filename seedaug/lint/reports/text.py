"""The report for people: each finding with its source lines, carets, notes and remedy."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from seedaug.lint.findings import RULES, Finding, Place, Report
from seedaug.lint.pages import remedy
from seedaug.lint.reports.excerpt import Excerpts, printable

__all__ = ["as_text"]

BOLD, RED, YELLOW, BLUE, CYAN = "1", "1;31", "1;33", "1;34", "36"
COLOURS = {"error": RED, "warning": YELLOW}


def as_text(report: Report, excerpts: Excerpts) -> str:
    """Findings, then what was not read and what is wrong with comments, a line for each."""
    pen = _Pen(excerpts)
    blocks = ["\n".join(pen.finding(finding)) + "\n" for finding in report.findings]
    rest = [
        f"{pen.in_colour('not read', BOLD)}: {printable(u.path)}: {u.reason}" for u in report.unread
    ]
    rest += [f"{pen.in_colour('warning', YELLOW)}: {printable(line)}" for line in report.warnings]
    if rest:
        blocks.append("\n".join(rest) + "\n")
    return "\n".join(blocks)


class _Pen:
    """Writes lines, coloured or not."""

    def __init__(self, excerpts: Excerpts) -> None:
        self.excerpts = excerpts

    def in_colour(self, text: str, colour: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self.excerpts.colour else text

    def finding(self, finding: Finding) -> Iterator[str]:
        kind = finding.severity.value
        name = self.in_colour(f"{kind} {finding.code}", COLOURS[kind])
        where = self.in_colour(self.excerpts.where(finding.place), BOLD)
        yield f"{where}: {name} {printable(finding.message)}"
        places = [finding.place, *(place for place, _ in finding.related)]
        gutter = max(len(str(self.excerpts.number(place))) for place in places)
        yield from self.source(finding.place, gutter, COLOURS[kind])
        for place, remark in finding.related:
            yield f"{' ' * gutter} = {self.in_colour('note', BLUE)}: {printable(remark)}"
            yield f"{' ' * gutter}   {self.in_colour('-->', BLUE)} {self.excerpts.where(place)}"
            yield from self.source(place, gutter, BLUE)
        yield from self.help(finding.code, gutter)

    def source(self, place: Place, gutter: int, colour: str) -> Iterator[str]:
        marked = self.excerpts.marked(place, gutter + 3)
        if marked is None:
            return
        line, carets = marked
        bar = self.in_colour("|", BLUE)
        number = self.in_colour(f"{self.excerpts.number(place):{gutter}}", BLUE)
        yield f"{number} {bar} {line}".rstrip()
        yield f"{' ' * gutter} {bar} {self.in_colour(carets, colour)}"

    def help(self, code: str, gutter: int) -> Iterator[str]:
        text = f"{remedy(code)} (--explain {code})"
        room = max(self.excerpts.width - gutter - 9, 30)
        first, *others = textwrap.wrap(text, room, break_long_words=False) or [RULES[code].summary]
        yield f"{' ' * gutter} = {self.in_colour('help', CYAN)}: {first}"
        yield from (f"{' ' * gutter}         {line}" for line in others)
