"""The two charts that `benchmarks.report` draws: peers as bars, growth as lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks.svg import Sheet
from benchmarks.units import figure

WIDTH = 860
BAR, GAP = 15, 12  # heights: of a bar with its space, and between two groups
LEFT, RIGHT = 216, 130  # for names, and for the figures behind the longest bars
Point: TypeAlias = tuple[float, float]
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


def color(name: str, names: list[str]) -> str:
    """Ours is blue; a result of its own is paler where there is one into a buffer too."""
    if not name.startswith("seedaug"):
        return "peer"
    return "pale" if name == "seedaug" and "seedaug, out=" in names else "ours"


@dataclass(frozen=True)
class Axis:
    """Multiples of the floor's time, from one on, to places on the sheet."""

    most: float

    def place(self, multiple: float) -> float:
        part = math.log(max(multiple, 1.0)) / math.log(self.most)
        return LEFT + (WIDTH - LEFT - RIGHT) * part

    def ticks(self) -> list[int]:
        decades = range(math.ceil(math.log10(self.most)) + 1)
        return [n * 10**d for d in decades for n in (1, 2, 5) if n * 10**d <= self.most]


def group(
    sheet: Sheet, axis: Axis, row: dict[str, Any], all_: list[tuple[str, float]], y: float
) -> None:
    """One row's bars from `y` on, below its title; a limit that isn't the floor as a mark."""
    end, floor, per = y + BAR * len(all_), row["floor"]["median"], row["per"]
    for multiple in axis.ticks():
        x = axis.place(multiple)
        sheet.line([(x, y - 1), (x, end)], "ink" if multiple == 1 else "grid")
    sheet.text(16, y - 6, row["title"], size=12, bold=True)
    for name, seconds in all_:
        multiple, ours = seconds / floor, name.startswith("seedaug")
        ink, x = "ink" if ours else "soft", axis.place(multiple)
        sheet.bar(LEFT, y + 2, max(x - LEFT, 2), BAR - 4, color(name, [n for n, _ in all_]))
        sheet.text(LEFT - 8, y + 11.5, name, ink, 11, "end", bold=ours)
        shown = f"{figure(seconds, per)}, {multiple:.{1 if multiple < 10 else 0}f}x"
        sheet.text(x + 6, y + 11.5, shown, ink, 11)
        y += BAR
    for name, one in row.get("bounds", {}).items():
        limit = floor + one["median"]
        x = axis.place(limit / floor)
        sheet.line([(x, end - BAR * len(all_) - 1), (x, end)], "warm", 1.5)
        sheet.text(
            x + 4,
            end - BAR * len(all_) - 6,
            f"the floor + {name}: {figure(limit, per)}",
            "warm",
            11,
        )


def peers(found: dict[str, Any]) -> str:
    """Each contender's time as a multiple of the floor's, which is where the bars begin."""
    drawn = [(row, bars(row)) for row in groups(found)]
    axis = Axis(max([s / row["floor"]["median"] for row, all_ in drawn for _, s in all_] or [10]))
    height = 92 + sum(20 + BAR * len(all_) + GAP for _, all_ in drawn)
    sheet = Sheet(WIDTH, height, "Time of each library as a multiple of a plain copy's")
    sheet.text(16, 28, "How long one image or one value takes", size=16, bold=True)
    one = f"one thread, {found['machine']['cpu']}, {found['machine']['isa']}; log scale"
    sheet.text(16, 47, f"as a multiple of a copy of the same bytes (the floor); {one}", "soft")
    y = 66.0
    for row, all_ in drawn:
        group(sheet, axis, row, all_, y + 20)
        y += 20 + BAR * len(all_) + GAP
    for multiple in axis.ticks():
        shown = "the floor" if multiple == 1 else f"{multiple}x"
        sheet.text(axis.place(multiple), height - 9, shown, "soft", 11, "middle")
    return sheet.done()


# --- Growth ---


@dataclass(frozen=True)
class Panel:
    """One pair of axes; `x` and `y` take a value to pixels."""

    sheet: Sheet
    x: Callable[[float], float]
    y: Callable[[float], float]

    def curve(self, points: Sequence[Point], color: str, dashed: bool = False) -> None:
        """Dots and lines, or a dashed line."""
        at = [(self.x(x), self.y(y)) for x, y in points]
        self.sheet.line(at, color, 2, dashed)
        for x, y in () if dashed else at:
            self.sheet.dot(x, y, color)

    def name(self, at: Point, words: str, color: str, below: float, anchor: str = "end") -> None:
        """A curve's name, `below` pixels under one of its points."""
        place = (self.x(at[0]), self.y(at[1]) + below)
        self.sheet.text(*place, words, color, 11, anchor, bold=True)


def _scale(
    low: float, high: float, start: float, end: float, log: bool = False
) -> Callable[[float], float]:
    place = math.log if log else float
    return lambda v: start + (end - start) * (place(v) - place(low)) / (place(high) - place(low))


TOP, BOTTOM, PANEL = 104, 310, 226  # heights of the axes' ends, and a panel's width
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
    sheet.text(left - 38, 80, title, size=13, bold=True)
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
    panel.curve(curves["copy"], "soft", dashed=True)
    panel.curve(curves["seedaug"], "ours")
    panel.curve(curves["seedaug, noise"], "warm")
    panel.name(curves["copy"][1], "copy", "soft", 14)
    panel.name((last, 1.4 * low), "crop, flip, normalise", "ours", 0)
    panel.name(curves["seedaug, noise"][-1], "with noise", "warm", -8)


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
    _axes(panel, "µs an image, by program length", "pointwise transforms", left, xs, ys)
    panel.curve([(1, copy), (last, copy)], "soft", dashed=True)
    panel.curve(curve, "ours")
    panel.name((last, copy), "copy", "soft", 16)
    panel.name(curve[-1], "crop, flip, n x Normalize", "ours", -12)


def _threads(sheet: Sheet, found: dict[str, Any]) -> None:
    rows = {row["name"]: row["results"] for row in found["rows"] if "threads/" in row["name"]}
    left = LEFTS[2]
    panel = Panel(sheet, _scale(1, 2, left + 14, left + PANEL - 44), _scale(0, 2.2, BOTTOM, TOP))
    ys = [(v, f"{v:g}x") for v in (0.0, 0.5, 1.0, 1.5, 2.0)]
    _axes(panel, "speed, by threads", "threads", left, [(1, "1"), (2, "2")], ys)
    panel.curve([(1, 1), (2, 2)], "soft", dashed=True)
    names = (
        ("threads/256-to-224-noise", "warm", "with noise", 0.55),
        ("threads/256-to-224", "ours", "crop, flip, normalise", 0.25),
    )
    for name, color, shown, place in names:
        one, two = (rows.get(name, {}).get(key, {}) for key in ("1 thread", "2 threads"))
        if "median" not in one or "median" not in two:
            continue
        gain = one["median"] / two["median"]
        panel.curve([(1, 1), (2, gain)], color)
        panel.name((2, place), f"{shown}: {gain:.2f}x", color, 0)


def scaling(found: dict[str, Any]) -> str:
    """Time a pixel, time by the length of a program, speed by threads."""
    sheet = Sheet(WIDTH, BOTTOM + 52, "How the time grows with pixels, program length and threads")
    sheet.text(16, 30, "How the time grows", size=16, bold=True)
    one = f"{found['machine']['cpu']}, {found['machine']['isa']}; into a buffer that is there"
    sheet.text(16, 48, one, "soft")
    _pixels(sheet, found)
    _lengths(sheet, found)
    _threads(sheet, found)
    return sheet.done()
