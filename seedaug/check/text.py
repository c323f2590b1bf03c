"""The report as text, for terminals and for logs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seedaug.check.grid import DATA, SAMPLES, Grid

if TYPE_CHECKING:
    from seedaug.check.report import Report

__all__ = ["caption", "headline", "summary", "text"]


def headline(report: Report) -> str:
    """The verdict in words: the errors', or else the first's."""
    errors = [f for f in report.findings if f.severity.value == "error"]
    shown = list(dict.fromkeys(f.verdict for f in errors)) or [*report.verdicts[:1]]
    if not errors and report.findings:
        return f"No draw repeats. {shown[0].words}"
    return " ".join(verdict.words for verdict in shown[:2])


def caption(grid: Grid) -> str:
    """What the heat map shows, in a sentence."""
    if not grid.random:
        return "a tile is a batch; the same letter: the same data, as it should be"
    if grid.subject == DATA:
        return f"{grid.summary}; a tile is a batch; the same letter: the same samples"
    if grid.subject == SAMPLES:
        repeats = grid.counts[0] < grid.counts[1]
        same = "the same letter: the same samples again" if repeats else "none repeats"
        return f"{grid.summary}; a tile is a batch; {same}"
    if grid.counts[0] == grid.counts[1]:
        return f"{grid.summary} ({grid.subject}); a tile is a batch; none repeats"
    return f"{grid.summary} ({grid.subject}); a tile is a batch; the same letter: the same numbers"


def summary(report: Report, width: int) -> str:
    """The verdict, what was looked at and a line for each finding, each of at most `width`."""
    lines = [headline(report), report.looked_at]
    lines += [f"{f.severity.value}: {f.verdict.value}: {f.remedy[0]}" for f in report.findings]
    lines += ["print(report) shows it whole"]
    return "\n".join(textwrap.shorten(line, width, placeholder=" …") for line in lines)


def text(report: Report, width: int) -> str:
    """The report in lines of at most about `width` characters."""
    return "\n".join(_lines(report, width))


def _lines(report: Report, width: int) -> Iterator[str]:
    yield headline(report)
    yield report.looked_at + f"; {report.seconds:.1f} s"
    yield ""
    yield from _grid(report.grid)
    yield from _wrap("  " + caption(report.grid), width, "  ")
    named: set[tuple[str, ...]] = set()
    for finding in report.findings:
        yield ""
        yield f"{finding.severity.value}: {finding.verdict.value}: {finding.verdict.words}"
        for line in finding.evidence:
            yield from _wrap("  seen     " + line, width, " " * 11)
        again = len(finding.culprits) > 1 and finding.culprits in named
        named.add(finding.culprits)
        for line in ("the same as above",) if again else finding.culprits:
            yield from _wrap("  culprit  " + line, width, " " * 11)
        yield from _wrap("  remedy   " + finding.remedy[0], width, " " * 11)
        yield from _wrap("           " + finding.remedy[1], width, " " * 11)
    if report.generators and not report.findings:
        yield ""
        for line in report.generators:
            yield from _wrap("draws from " + line, width, " " * 11)
    yield ""
    yield from _table(report)
    for note in report.notes:
        yield from _wrap("note: " + note, width, " " * 6)


def _wrap(line: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False,
                         break_on_hyphens=False)  # fmt: skip


def _grid(grid: Grid) -> Iterator[str]:
    cells = {
        cell: " ".join(tile.letter or "·" for tile in tiles) for cell, tiles in grid.tiles.items()
    }
    wide = max([10, *(len(cell) for cell in cells.values())]) + 3
    yield " " * 10 + "".join(f"worker {worker}".ljust(wide) for worker in grid.workers).rstrip()
    for epoch in grid.epochs:
        row = "".join(cells[epoch, worker].ljust(wide) for worker in grid.workers)
        yield f"  epoch {epoch}".ljust(10) + row.rstrip()


def _table(report: Report) -> Iterator[str]:
    rows = [("compared with one pass", "how", "outcome")]
    for scenario in report.scenarios:
        outcome = scenario.outcome
        if scenario.differing:
            outcome += f" ({scenario.differing} of {scenario.compared} samples)"
        rows.append((scenario.name, scenario.setting, outcome))
    if len(rows) > 1:
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        for a, b, outcome in rows:
            yield f"{a.ljust(widths[0])}  {b.ljust(widths[1])}  {outcome}"
