"""A sheet of lines, bars and words as SVG: the little that the charts need, the same each time.

The colours follow the reader's scheme, light or dark, and the sheet brings its own ground, so
that it can be read on either.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

# name: (light, dark)
COLORS = {
    "ground": ("#ffffff", "#0d1117"),
    "ink": ("#1c1e22", "#e6edf3"),
    "soft": ("#59616b", "#9aa4af"),
    "grid": ("#d8dce1", "#30363d"),
    "peer": ("#9aa3ad", "#6b747e"),
    "ours": ("#0a66c2", "#4b9dff"),
    "pale": ("#7fb2e5", "#2f6db5"),
    "warm": ("#c4590a", "#f0883e"),
}
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif"


def _rules(scheme: int) -> str:
    return "".join(
        f".{name}{{fill:{pair[scheme]}}}.{name}-line{{stroke:{pair[scheme]};fill:none}}"
        for name, pair in COLORS.items()
    )


def number(value: float) -> str:
    """A coordinate: to a tenth of a pixel, without a zero that says nothing."""
    return f"{value:.1f}".removesuffix(".0")


class Sheet:
    """What is drawn, in the order in which it is drawn; positions in pixels from the upper left.

    Args:
        width, height: in pixels.
        title: what a reader who can't see it is told.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} '
            f'{number(height)}" width="{number(width)}" height="{number(height)}" role="img" '
            f'font-family="{FONT}">',
            f"<title>{escape(title)}</title>",
            f"<style>{_rules(0)}@media (prefers-color-scheme:dark){{{_rules(1)}}}</style>",
        ]
        self.bar(0, 0, width, height, "ground", rounded=6)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        color: str = "ink",
        size: float = 12,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Words on the line `y`; `anchor` is start, middle or end."""
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{number(x)}" y="{number(y)}" class="{color}" font-size="{number(size)}" '
            f'text-anchor="{anchor}"{weight}>{escape(words)}</text>'
        )

    def bar(
        self, x: float, y: float, width: float, height: float, color: str, rounded: float = 1.5
    ) -> None:
        """A filled rectangle."""
        self.parts.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
            f'height="{number(height)}" rx="{number(rounded)}" class="{color}"/>'
        )

    def line(
        self,
        points: Iterable[tuple[float, float]],
        color: str,
        width: float = 1,
        dashed: bool = False,
    ) -> None:
        """Straight lines from point to point."""
        shown = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        dashes = ' stroke-dasharray="4 3"' if dashed else ""
        self.parts.append(
            f'<polyline points="{shown}" class="{color}-line" stroke-width="{number(width)}" '
            f'stroke-linejoin="round"{dashes}/>'
        )

    def dot(self, x: float, y: float, color: str, radius: float = 2.6) -> None:
        """A filled circle."""
        self.parts.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" class="{color}"/>'
        )

    def done(self) -> str:
        """The file's text."""
        return "\n".join([*self.parts, "</svg>", ""])
