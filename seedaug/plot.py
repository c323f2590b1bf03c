"""Pages of pictures and text, drawn with Pillow alone: what contact sheets are made of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

__all__ = ["GREEN", "GREY", "INK", "RED", "Page", "wrap"]

Color: TypeAlias = tuple[int, int, int]

PAPER: Color = (255, 255, 255)
INK: Color = (28, 30, 34)
GREY: Color = (112, 117, 126)
LINE: Color = (222, 225, 230)
RED: Color = (222, 33, 39)
GREEN: Color = (20, 136, 72)

FRAME = 5  # pixels


@cache
def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


def wrap(text: str, size: int, width: int) -> list[str]:
    """The lines of at most `width` pixels that a text of this size takes; long words stay whole."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


class Page:
    """A white page; positions are in pixels from its upper left corner.

    Args:
        width, height: in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        self.width = width
        self._image = Image.new("RGB", (width, height), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self,
        x: int,
        y: int,
        text: str,
        size: int,
        color: Color = INK,
        anchor: str = "la",
        bold: bool = False,
    ) -> None:
        """Write one line; `anchor` as Pillow's, "la" being left and top."""
        # Pillow's own font has no bold: a thin stroke around the letters serves.
        self._draw.text(
            (x, y), text, color, _font(size), anchor, stroke_width=size / 45 if bold else 0
        )

    def text_width(self, text: str, size: int) -> int:
        """Pixels that a line takes."""
        return round(_font(size).getlength(text))

    def rule(self, y: int, left: int, right: int) -> None:
        """A thin horizontal line."""
        self._draw.line([(left, y), (right, y)], LINE, 2)

    def picture(
        self, x: int, y: int, pixels: npt.NDArray[np.uint8], width: int, frame: Color | None = None
    ) -> int:
        """Draw pixels [3, H, W] scaled to `width`, framed if a colour is given.

        Returns:
            The height that it takes.
        """
        from PIL import Image

        image: Any = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
        height = int(width * pixels.shape[-2] / pixels.shape[-1] + 0.5)
        self._image.paste(image.resize((width, height), Image.Resampling.LANCZOS), (x, y))
        if frame is not None:
            self._draw.rectangle((x, y, x + width - 1, y + height - 1), outline=frame, width=FRAME)
        return height

    def box(self, x: int, y: int, width: int, height: int, color: Color) -> None:
        """A filled rectangle."""
        self._draw.rectangle((x, y, x + width - 1, y + height - 1), fill=color)

    def swatch(self, x: int, y: int, side: int, color: Color) -> None:
        """An empty frame, for a legend."""
        self._draw.rectangle((x, y, x + side, y + side), outline=color, width=FRAME)

    def save(self, path: Path) -> None:
        """Write a PNG."""
        self._image.save(path, "PNG", optimize=True)
