"""The heat map as a picture: a tile for each batch, coloured by which draws are the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from seedaug.check import grid as subjects
from seedaug.check.grid import Grid, Tile
from seedaug.check.text import headline
from seedaug.plot import GREEN, GREY, INK, RED, Color, Page, wrap

if TYPE_CHECKING:
    from seedaug.check.report import Report

__all__ = ["color_of", "ink_of", "write_heatmap"]

# Told apart at a glance. Then they come again pale, with dark letters, and then dark.
COLORS: tuple[Color, ...] = (
    (204, 51, 63), (31, 119, 180), (214, 112, 20), (124, 77, 178), (0, 133, 119), (176, 62, 130),
    (122, 90, 40), (70, 100, 20), (40, 70, 160), (150, 40, 40), (90, 90, 100), (0, 110, 160),
)  # fmt: skip
WHITE: Color = (255, 255, 255)
SHADES: tuple[tuple[Color, float, Color], ...] = (  # (mixed with, how much of it, letter)
    (WHITE, 0.0, WHITE), (WHITE, 0.62, INK), (INK, 0.55, WHITE),
)  # fmt: skip
OWN: Color = (208, 235, 217)
DATA: Color = (205, 222, 238)
AMBER: Color = (150, 104, 0)
SIDE, GAP, MARGIN = 34, 4, 28
LABELS = 92
BETWEEN = 22  # between cells
LEAST = 760  # width
TITLE, TEXT = 26, 17  # sizes


def color_of(tile: Tile, random: bool) -> Color:
    """A tile's colour: pale green for a draw of its own."""
    if not random:
        return DATA
    if tile.group < 0:
        return OWN
    with_, share, _ = _shade(tile)
    color = COLORS[tile.group % len(COLORS)]
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, with_, strict=True))
    return red, green, blue


def ink_of(tile: Tile, random: bool) -> Color:
    """The colour of a tile's letter."""
    return _shade(tile)[2] if random else GREY


def _shade(tile: Tile) -> tuple[Color, float, Color]:
    return SHADES[tile.group // len(COLORS) % len(SHADES)]


def write_heatmap(report: Report, path: Path) -> None:
    """Draw it and save it as a PNG."""
    if importlib.util.find_spec("PIL") is None:
        raise ImportError('pictures need Pillow: pip install "seedaug[tools]", or write HTML')
    grid = report.grid
    longest = max([1, *(len(tiles) for tiles in grid.tiles.values())])
    cell = longest * (SIDE + GAP) - GAP
    across = len(grid.workers) * (cell + BETWEEN) - BETWEEN
    width = max(LEAST, 2 * MARGIN + LABELS + across)
    room = width - 2 * MARGIN
    lines = wrap(headline(report), TITLE, room * 19 // 20)  # bold is wider
    about = wrap(_about(grid), TEXT, room)
    culprit = wrap(_culprit(report), TEXT, room)
    top = MARGIN + 34 * len(lines) + 23 * len(about) + 52
    rows = len(grid.epochs) * (SIDE + 14)
    page = Page(width, top + rows + 54 + 23 * len(culprit) + MARGIN // 2)
    y = MARGIN
    for line in lines:
        page.text(MARGIN, y, line, TITLE, _headline_color(report), bold=True)
        y += 34
    for line in about:
        page.text(MARGIN, y, line, TEXT, GREY)
        y += 23
    _tiles(page, grid, top, cell)
    _legend(page, grid, top + rows + 10)
    y = top + rows + 46
    for line in culprit:
        page.text(MARGIN, y, line, TEXT, INK)
        y += 23
    page.save(path)


def _about(grid: Grid) -> str:
    """How to read the picture."""
    tile = "A tile is a batch, from left to right as its worker loaded them."
    return f"{grid.summary}. {tile}" if grid.random else tile


def _headline_color(report: Report) -> Color:
    if not report.healthy:
        return RED
    return AMBER if report.findings else GREEN


def _culprit(report: Report) -> str:
    """What holds the generator, or nothing."""
    for finding in report.findings:
        if finding.culprits:
            return f"Culprit: {finding.culprits[0]}"
    return ""


def _tiles(page: Page, grid: Grid, top: int, cell: int) -> None:
    for column, worker in enumerate(grid.workers):
        x = MARGIN + LABELS + column * (cell + BETWEEN)
        page.text(x + cell // 2, top - 30, f"worker {worker}", 18, INK, "ma")
    for row, epoch in enumerate(grid.epochs):
        y = top + row * (SIDE + 14)
        page.text(MARGIN, y + SIDE // 2, f"epoch {epoch}", 18, INK, "lm")
        for column, worker in enumerate(grid.workers):
            x = MARGIN + LABELS + column * (cell + BETWEEN)
            for tile in grid.tiles[epoch, worker]:
                _tile(page, x, y, tile, grid.random)
                x += SIDE + GAP


def _tile(page: Page, x: int, y: int, tile: Tile, random: bool) -> None:
    page.box(x, y, SIDE, SIDE, color_of(tile, random))
    if tile.letter:
        size = 19 if len(tile.letter) == 1 else 14
        ink = ink_of(tile, random)
        page.text(x + SIDE // 2, y + SIDE // 2, tile.letter, size, ink, "mm", bold=random)


def _legend(page: Page, grid: Grid, y: int) -> None:
    """What the kinds of tiles mean that the grid has."""
    x = MARGIN
    if not grid.random:
        page.box(x, y, 20, 20, DATA)
        page.text(x + 28, y + 1, "data without random draws: alike in every epoch", TEXT)
        return
    what = "samples" if grid.subject == subjects.DATA else "random draws"
    tiles = [tile for cell in grid.tiles.values() for tile in cell]
    if any(tile.letter for tile in tiles):
        page.box(x, y, 20, 20, COLORS[0])
        page.text(x + 10, y + 10, "A", 13, WHITE, "mm", bold=True)
        same = f"same colour and letter: the same {what}"
        page.text(x + 28, y + 1, same, TEXT)
        x += 28 + page.text_width(same, TEXT) + 40
    if any(not tile.letter for tile in tiles):
        page.box(x, y, 20, 20, OWN)
        page.text(x + 28, y + 1, f"no letter: {what} that come only once", TEXT)
