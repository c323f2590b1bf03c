"""The demo's table: one row for each way, and the claims beneath."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass

from seedaug.demo.measure import Claim, Result, Setting
from seedaug.progress import has_rich


@dataclass(frozen=True)
class Cell:
    """A text, and whether it is good news, bad news or neither."""

    text: str
    good: bool | None = None


def heads(setting: Setting) -> list[str]:
    """The columns."""
    workers = ", ".join(str(n) for n in sorted(setting.counts))
    return [
        "random numbers from",
        "different draws",
        f"same run with {workers} workers",
        "same run, killed and resumed",
        "images/s",
    ]


def row(result: Result) -> list[Cell]:
    """One way's cells."""
    return [
        Cell(result.way.name),
        Cell(f"{result.distinct} of {result.total}", result.distinct == result.total),
        Cell("yes" if result.same_run else "no", result.same_run),
        _resumed(result),
        Cell(f"{result.images_per_second:,.0f}"),
    ]


def _resumed(result: Result) -> Cell:
    again = result.loaded_again
    loads = f"loads {again} of {_left_out(result)} again" if again else "loads nothing again"
    if result.resumes("plain"):
        return Cell(f"yes, {loads}", good=not again)
    if result.resumes("states"):
        return Cell(f"only if generator states were saved, {loads}", good=False)
    return Cell("no", good=False)


def _left_out(result: Result) -> int:
    return len(result.reference.order[0])


def print_table(results: list[Result], claims: list[Claim], setting: Setting) -> None:
    """Print it: with rich on a terminal, where installed, and as plain text elsewhere."""
    rows = [row(result) for result in results]
    if sys.stdout.isatty() and has_rich():
        _print_rich(heads(setting), rows)
    else:
        print(plain_table(heads(setting), rows))
    print()
    for claim in claims:
        print(f"  {'holds' if claim.holds else 'FAILS'}  {claim.text}")


def plain_table(heads: list[str], rows: list[list[Cell]], widest: int = 31) -> str:
    """The table as text, cells wrapped at `widest` characters."""
    table = [[textwrap.wrap(head, 18) for head in heads]]
    table += [[textwrap.wrap(cell.text, widest) for cell in cells] for cells in rows]
    widths = [max(len(line) for cells in table for line in cells[i]) for i in range(len(heads))]
    lines = []
    for number, cells in enumerate(table):
        for level in range(max(len(cell) for cell in cells)):
            parts = [cell[level] if level < len(cell) else "" for cell in cells]
            line = "  ".join(
                part.rjust(width) if i == len(widths) - 1 else part.ljust(width)
                for i, (part, width) in enumerate(zip(parts, widths, strict=True))
            )
            lines.append(line.rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _print_rich(heads: list[str], rows: list[list[Cell]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_lines=False, padding=(0, 1), pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head == heads[-1] else "left", overflow="fold")
    styles = {True: "bold green", False: "bold red", None: ""}
    for number, cells in enumerate(rows):
        texts = [Text(cell.text, styles[cell.good]) for cell in cells]
        table.add_row(*texts, end_section=number == len(rows) - 2)
    Console().print(table)
