"""The contact sheet: each way's crops of one photograph, repeats and other runs framed in red."""

from __future__ import annotations

import textwrap
from pathlib import Path

from seedaug.demo.measure import BATCH, Result, Setting
from seedaug.demo.ways import CROP
from seedaug.plot import GREEN, GREY, INK, RED, Page

WIDTH, MARGIN = 1200, 26
LABELS = 268  # width of the column of names
GAP, BETWEEN = 6, 44  # between tiles; between the two panels
COLUMNS = 4
TILE = (WIDTH - 2 * MARGIN - LABELS - BETWEEN - 2 * (COLUMNS - 1) * GAP) // (2 * COLUMNS)
TILE_HEIGHT = round(TILE * CROP[0] / CROP[1])
LEFT = MARGIN + LABELS
RIGHT = LEFT + COLUMNS * TILE + (COLUMNS - 1) * GAP + BETWEEN
HEAD, FOOT, SPACE = 122, 62, 28  # heights: above the rows, below them, between them
MOST_EPOCHS = 3
LABEL_HEIGHT = 210


def write_sheet(results: list[Result], setting: Setting, path: Path) -> None:
    """Draw the sheet and save it as a PNG."""
    epochs = min(setting.epochs, MOST_EPOCHS)
    row_height = max(LABEL_HEIGHT, epochs * (TILE_HEIGHT + GAP) - GAP)
    page = Page(WIDTH, HEAD + len(results) * (row_height + SPACE) + FOOT)
    _head(page, setting)
    y = HEAD
    for result in results:
        page.rule(y - SPACE // 2, MARGIN, WIDTH - MARGIN)
        _label(page, y, result)
        _draws(page, y, result, setting, epochs)
        _runs(page, y, result, epochs)
        y += row_height + SPACE
    page.rule(y - SPACE // 2, MARGIN, WIDTH - MARGIN)
    _foot(page, y + 6)
    page.save(path)


def _columns(left: int) -> list[int]:
    return [left + i * (TILE + GAP) for i in range(COLUMNS)]


def _head(page: Page, setting: Setting) -> None:
    page.text(LEFT, 16, "What training sees", 24, bold=True)
    page.text(LEFT, 48, "each worker's first crop of one photograph", 17, GREY)
    page.text(RIGHT, 16, "The same run again", 24, bold=True)
    page.text(RIGHT, 48, "each epoch, by its last crop", 17, GREY)
    for number, x in enumerate(_columns(LEFT)[: setting.workers]):
        page.text(x + TILE // 2, HEAD - 38, f"worker {number + 1}", 17, anchor="ma")
    names = [f"{n} workers" for n in setting.counts] + ["after a kill"]
    for name, x in zip(names, _columns(RIGHT), strict=True):
        page.text(x + TILE // 2, HEAD - 38, name, 17, anchor="ma")


def _label(page: Page, y: int, result: Result) -> None:
    """Name, number of different draws, and the epochs of the rows."""
    for line in textwrap.wrap(result.way.name, 18):
        page.text(MARGIN, y, line, 22, bold=True)
        y += 27
    y += 12
    color = GREEN if result.distinct == result.total else RED
    number = str(result.distinct)
    page.text(MARGIN, y + 40, number, 48, color, "ls", bold=True)
    after = MARGIN + page.text_width(number, 48) + 10
    page.text(after, y + 40, f"of {result.total}", 22, color, "ls")
    page.text(MARGIN, y + 52, "different draws", 17, GREY)
    same = "the same run" if result.same_run else "another run"
    page.text(MARGIN, y + 84, same, 22, GREEN if result.same_run else RED, bold=True)
    workers = ", ".join(str(n) for n in sorted(result.same_with))
    page.text(MARGIN, y + 112, f"with {workers} workers", 17, GREY)


def _draws(page: Page, y: int, result: Result, setting: Setting, epochs: int) -> None:
    """Left: rows are epochs, columns are workers; what was there before is framed."""
    seen: set[bytes] = set()
    for epoch in range(epochs):
        _epoch(page, y, epoch)
        order = result.reference.order[epoch]
        for worker, x in enumerate(_columns(LEFT)[: setting.workers]):
            crop = result.reference.crops[epoch, order[worker * BATCH]]
            repeated = crop.tobytes() in seen
            seen.add(crop.tobytes())
            page.picture(x, y, crop, TILE, RED if repeated else None)
        y += TILE_HEIGHT + GAP


def _epoch(page: Page, y: int, epoch: int) -> None:
    page.text(LEFT - 12, y + TILE_HEIGHT // 2, f"epoch {epoch + 1}", 17, GREY, "rm")


def _runs(page: Page, y: int, result: Result, epochs: int) -> None:
    """Right: rows are epochs, columns are runs; those unlike the first run's are framed."""
    runs = [*result.by_workers.values(), result.resumed["plain"].whole]
    for epoch in range(epochs):
        for run, x in zip(runs, _columns(RIGHT), strict=True):
            same = run.same_epoch(runs[0], epoch)
            page.picture(x, y, run.last_crop(epoch), TILE, None if same else RED)
        y += TILE_HEIGHT + GAP


def _foot(page: Page, y: int) -> None:
    page.swatch(MARGIN, y + 4, 22, RED)
    page.text(MARGIN + 34, y + 5, "red frame:", 17, INK)
    page.text(LEFT, y + 5, "this draw has been before", 17)
    page.text(RIGHT, y + 5, "not the first column's samples and bytes", 17)
