"""The two charts that `benchmarks.report` draws: peers as bars, growth as lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.svg import Sheet
from benchmarks.units import figure

WIDTH = 860
BAR, GAP = 15, 12  # heights: of a bar with its space, and between two groups
LEFT, RIGHT = 250, 120  # for names, and for the figures behind the longest bars
PEER_ROWS = ("batch/", "one/256-to-224", "one/32-to-32", "words/", "normals/")


# --- Peers ---


def groups(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that are drawn: batches first; of the raw numbers those of the best ISA."""
    isa, rows = found["machine"]["isa"], found["rows"]
    return [
        row
        for prefix in PEER_ROWS
        for row in rows
        if row["name"].startswith(prefix)
        and row["floor"]
        and (not row["name"].startswith(("words/", "normals/")) or row["name"].endswith(isa))
        and not (row["name"].startswith("one/") and row["name"] != prefix)
    ]


def bars(row: dict[str, Any]) -> list[tuple[str, float]]:
    """Contenders that ran, ours first as they stand, the others from fast to slow."""
    ran = [(name, one["median"]) for name, one in row["results"].items() if "median" in one]
    ours = [one for one in ran if one[0].startswith("seedaug")]
    others = sorted((one for one in ran if not one[0].startswith("seedaug")), key=lambda x: x[1])
    return ours + others


def peers(found: dict[str, Any]) -> str:
    """Each contender's time as a multiple of the floor's, which is where the bars begin."""
    drawn = [(row, bars(row)) for row in groups(found)]
    most = max((s / row["floor"]["median"] for row, all_ in drawn for _, s in all_), default=10)
    decades = max(1, math.ceil(math.log10(most) - 0.15))
    height = 92 + sum(20 + BAR * len(all_) + GAP for _, all_ in drawn)
    sheet = Sheet(WIDTH, height, "Time of each library as a multiple of a plain copy's")
    span = WIDTH - LEFT - RIGHT

    def across(multiple: float) -> float:
        return LEFT + span * math.log10(max(multiple, 1.0)) / decades

    sheet.text(16, 28, "How long one image or one value takes", size=16, bold=True)
    one = f"one thread, {found['machine']['cpu']}, {found['machine']['isa']}; log scale"
    sheet.text(16, 47, f"as a multiple of a copy of the same bytes (the floor); {one}", "soft")
    bottom = height - 24
    for decade in range(decades + 1):
        for multiple in (10**decade, 2 * 10**decade, 5 * 10**decade):
            if multiple > 10**decades:
                break
            x = across(multiple)
            sheet.line([(x, 62), (x, bottom)], "ink" if multiple == 1 else "grid")
            shown = "the floor" if multiple == 1 else f"{multiple}x"
            sheet.text(x, bottom + 15, shown, "soft", 11, "middle")
    y = 66.0
    for row, all_ in drawn:
        sheet.text(16, y + 13, row["title"], size=12, bold=True)
        y += 20
        for name, seconds in all_:
            multiple, ours = seconds / row["floor"]["median"], name.startswith("seedaug")
            color = "peer" if not ours else "ours" if "out=" in name or len(name) == 7 else "pale"
            end = across(multiple)
            sheet.bar(LEFT, y + 2, max(end - LEFT, 2), BAR - 4, color)
            sheet.text(LEFT - 8, y + 11.5, name, "ink" if ours else "soft", 11, "end", bold=ours)
            shown = f"{figure(seconds, row['per'])}, {multiple:.{1 if multiple < 10 else 0}f}x"
            sheet.text(end + 6, y + 11.5, shown, "ink" if ours else "soft", 11)
            y += BAR
        y += GAP
    return sheet.done()


# --- Growth ---


@dataclass(frozen=True)
class Panel:
    """One pair of axes; `x` and `y` take a value to pixels."""

    sheet: Sheet
    x: Callable[[float], float]
    y: Callable[[float], float]

    def curve(
        self, points: Sequence[tuple[float, float]], color: str, name: str, up: float, dashed: bool
    ) -> None:
        """A line with its name at its end, `up` pixels above it."""
        at = [(self.x(x), self.y(y)) for x, y in points]
        self.sheet.line(at, color, 2, dashed)
        for x, y in () if dashed else at:
            self.sheet.dot(x, y, color)
        self.sheet.text(at[-1][0], at[-1][1] - up, name, color, 11, "end", bold=True)


def _scale(
    low: float, high: float, start: float, end: float, log: bool = False
) -> Callable[[float], float]:
    place = math.log if log else float
    return lambda v: start + (end - start) * (place(v) - place(low)) / (place(high) - place(low))


TOP, BOTTOM, PANEL = 86, 300, 226  # heights of the axes' ends, and a panel's width
LEFTS = (54, 346, 632)


def _axes(
    panel: Panel,
    title: str,
    below: str,
    left: float,
    xs: Sequence[tuple[float, str]],
    ys: Sequence[tuple[float, str]],
) -> None:
    sheet = panel.sheet
    sheet.text(left - 38, 62, title, size=13, bold=True)
    for value, shown in ys:
        y = panel.y(value)
        sheet.line([(left, y), (left + PANEL - 30, y)], "grid")
        sheet.text(left - 6, y + 4, shown, "soft", 10.5, "end")
    for value, shown in xs:
        sheet.text(panel.x(value), BOTTOM + 16, shown, "soft", 10.5, "middle")
    sheet.line([(left, BOTTOM), (left + PANEL - 30, BOTTOM)], "soft")
    sheet.text(left + (PANEL - 30) / 2, BOTTOM + 34, below, "soft", 11, "middle")


def _pixels(sheet: Sheet, found: dict[str, Any]) -> None:
    points = found["scaling"]["pixels"]
    curves = {
        name: [(one["x"], one["row"]["results"][name]["median"] * 1e9) for one in points]
        for name in ("seedaug, noise", "seedaug")
    }
    curves["copy"] = [(one["x"], one["row"]["floor"]["median"] * 1e9) for one in points]
    every = [y for curve in curves.values() for _, y in curve]
    low, high = 10 ** math.floor(math.log10(min(every))), 10 ** math.ceil(math.log10(max(every)))
    left, first, last = LEFTS[0], points[0]["x"], points[-1]["x"]
    panel = Panel(
        sheet,
        _scale(first, last, left + 6, left + PANEL - 36, log=True),
        _scale(low, high, BOTTOM, TOP, log=True),
    )
    exponents = range(round(math.log2(first)), round(math.log2(last)) + 1, 6)
    ticks = [(2.0**n, "2" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(d)] for d in str(n))) for n in exponents]
    decades = range(round(math.log10(low)), round(math.log10(high)) + 1)
    ys = [(10.0**n, f"{10.0**n:g}") for n in decades]
    _axes(panel, "ns a pixel, by size of an image", "pixels (three channels)", left, ticks, ys)
    panel.curve(curves["copy"], "soft", "copy", -15, True)
    panel.curve(curves["seedaug"], "ours", "crop, flip, normalise", 8, False)
    panel.curve(curves["seedaug, noise"], "warm", "with noise", 8, False)


def _lengths(sheet: Sheet, found: dict[str, Any]) -> None:
    row = found["scaling"]["length"]
    curve = [(float(n), one["median"] * 1e6) for n, one in row["results"].items()]
    copy, last, left = row["floor"]["median"] * 1e6, curve[-1][0], LEFTS[1]
    high = 10 * math.ceil(max(y for _, y in curve) * 1.3 / 10)
    panel = Panel(
        sheet,
        _scale(1, last, left + 8, left + PANEL - 38),
        _scale(0, high, BOTTOM, TOP),
    )
    step = 10 if high <= 60 else 20 if high <= 120 else 50
    ys = [(float(v), str(v)) for v in range(0, high + 1, step)]
    xs = [(x, f"{x:g}") for x, _ in curve]
    _axes(panel, "µs an image, by length of the program", "pointwise transforms", left, xs, ys)
    panel.curve([(1, copy), (last, copy)], "soft", "copy", -15, True)
    panel.curve(curve, "ours", "crop, flip, n x Normalize, fused", 10, False)


def _threads(sheet: Sheet, found: dict[str, Any]) -> None:
    rows = {row["name"]: row["results"] for row in found["rows"] if "threads/" in row["name"]}
    left = LEFTS[2]
    panel = Panel(sheet, _scale(1, 2, left + 14, left + PANEL - 44), _scale(0, 2.2, BOTTOM, TOP))
    ys = [(v, f"{v:g}x") for v in (0.0, 0.5, 1.0, 1.5, 2.0)]
    _axes(panel, "speed, by threads", "threads", left, [(1, "1"), (2, "2")], ys)
    panel.curve([(1, 1), (2, 2)], "soft", "", 0, True)
    names = (("threads/256-to-224-noise", "warm", "with noise"), ("threads/256-to-224", "ours", ""))
    for name, color, shown in names:
        one, two = (rows.get(name, {}).get(key, {}) for key in ("1 thread", "2 threads"))
        if "median" not in one or "median" not in two:
            continue
        gain = one["median"] / two["median"]
        panel.curve([(1, 1), (2, gain)], color, f"{shown or 'without'} {gain:.2f}x", 0, False)


def scaling(found: dict[str, Any]) -> str:
    """Time a pixel, time by the length of a program, speed by threads."""
    sheet = Sheet(WIDTH, BOTTOM + 52, "How the time grows with pixels, program length and threads")
    sheet.text(16, 30, "How the time grows", size=16, bold=True)
    one = f"{found['machine']['cpu']}, {found['machine']['isa']}; into a buffer that is there"
    sheet.text(180, 30, one, "soft")
    _pixels(sheet, found)
    _lengths(sheet, found)
    _threads(sheet, found)
    return sheet.done()
