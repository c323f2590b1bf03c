"""The report as one HTML page: no script, no picture, no other file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from seedaug.check.grid import Grid
from seedaug.check.heatmap import DATA, OWN, color_of, ink_of
from seedaug.check.text import caption, headline

if TYPE_CHECKING:
    from seedaug.check.report import Report

__all__ = ["page"]

_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; color: #1c1e22; max-width: 70em; margin: 2em auto;
  padding: 0 1.5em }
h1 { font-size: 1.6em; margin-bottom: .2em } h2 { font-size: 1.15em; margin: 1.6em 0 .4em }
.bad { color: #c11d23 } .good { color: #148848 } .warn { color: #8a6100 } .grey { color: #656a73 }
table { border-collapse: separate; border-spacing: 0 8px } th { text-align: left; font-weight: 500 }
.map { overflow-x: auto } .map th, .map td { padding-right: 18px; white-space: nowrap }
.tile { display: inline-block; width: 2em; height: 2em; line-height: 2em; margin-right: 4px;
  text-align: center; color: #fff; font-weight: 600; border-radius: 3px }
.runs { border-spacing: 0 } .runs td, .runs th { padding: .25em 1.5em .25em 0;
  border-bottom: 1px solid #dee1e6 }
code, pre { font: 14px/1.5 ui-monospace, monospace } pre { background: #f4f5f7; padding: .7em 1em;
  white-space: pre-wrap; border-radius: 4px }
"""


def page(report: Report) -> str:
    """The page's text."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    title = headline(report)
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head><body>"
    kind = "bad" if not report.healthy else "warn" if report.findings else "good"
    yield f'<h1 class="{kind}">{escape(title)}</h1>'
    yield f'<p class="grey">{escape(report.looked_at)}; {report.seconds:.1f} s</p>'
    yield f'<div class="map"><table>{"".join(_rows(report.grid))}</table></div>'
    yield f"<p>{_legend(report.grid)}{escape(caption(report.grid))}</p>"
    for finding in report.findings:
        kind = "bad" if finding.severity.value == "error" else "warn"
        yield f'<h2 class="{kind}">{finding.severity.value}: {escape(finding.verdict.words)}</h2>'
        yield _list(finding.evidence)
        if finding.culprits:
            yield "<p>Culprit:</p>" + _list(finding.culprits, "code")
        yield f"<pre>{escape(chr(10).join(finding.remedy))}</pre>"
    if report.generators and not report.findings:
        yield "<h2>Draws from</h2>" + _list(report.generators, "code")
    yield "<h2>Runs compared with one pass as in training</h2>"
    yield f'<table class="runs">{"".join(_runs(report))}</table>'
    if report.notes:
        yield "<h2>Notes</h2>" + _list(report.notes)
    yield "</body></html>"


def _list(lines: Iterable[str], tag: str = "span") -> str:
    return "<ul>" + "".join(f"<li><{tag}>{escape(x)}</{tag}></li>" for x in lines) + "</ul>"


def _hex(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _rows(grid: Grid) -> Iterator[str]:
    yield "<tr><th></th>" + "".join(f"<th>worker {w}</th>" for w in grid.workers) + "</tr>"
    for epoch in grid.epochs:
        yield f"<tr><th>epoch {epoch}</th>"
        for worker in grid.workers:
            tiles = "".join(
                f'<span class="tile" style="background:{_hex(color_of(tile, grid.random))};'
                f'color:{_hex(ink_of(tile, grid.random))}">'
                f"{tile.letter or '&nbsp;'}</span>"
                for tile in grid.tiles[epoch, worker]
            )
            yield f"<td>{tiles}</td>"
        yield "</tr>"


def _legend(grid: Grid) -> str:
    color, words = (OWN, "a draw of its own; ") if grid.random else (DATA, "data; ")
    return f'<span class="tile" style="background:{_hex(color)}">&nbsp;</span>{words}'


def _runs(report: Report) -> Iterator[str]:
    yield "<tr><th>varied</th><th>how</th><th>outcome</th><th>samples</th></tr>"
    for scenario in report.scenarios:
        count = (
            f"{scenario.differing} of {scenario.compared} otherwise" if scenario.compared else ""
        )
        cells = scenario.name, scenario.setting, scenario.outcome, count
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
