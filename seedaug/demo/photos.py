"""The photographs of the demo: those that scikit-image's wheel holds, or a folder of the user's."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedaug.demo.errors import DemoError

SHORT_SIDE = 256  # pixels that the shorter side of a photograph is scaled to
LONGEST = 3  # times the shorter side; of anything longer, the middle
AT_MOST = 64  # photographs of a folder
SUFFIXES = {".jpg", ".jpeg", ".png"}

# What lies in the wheel itself; the rest of skimage.data would be downloaded. The first is shown.
BUNDLED = [
    "chelsea.png",
    "astronaut.png",
    "coffee.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "retina.jpg",
    "camera.png",
    "coins.png",
    "moon.png",
    "brick.png",
    "grass.png",
    "gravel.png",
    "cell.png",
    "clock_motion.png",
]

Photo = npt.NDArray[np.uint8]
"""uint8 [3, H, W] in RGB."""


@dataclass(frozen=True)
class Album:
    """What was read: the photographs, and what a user should know about it, one line each."""

    photos: list[Photo]
    source: str
    remarks: list[str]

    @property
    def sizes(self) -> int:
        """How many different sizes the photographs have."""
        return len({photo.shape for photo in self.photos})


def read_album(folder: Path | None) -> Album:
    """The photographs of `folder`, or those of scikit-image.

    Raises:
        DemoError: there are none, or Pillow or scikit-image is missing.
    """
    if importlib.util.find_spec("PIL") is None:
        raise DemoError("the demo reads photographs with Pillow: pip install 'seedaug[demo]'")
    return _bundled() if folder is None else _from_folder(folder)


def _bundled() -> Album:
    found = importlib.util.find_spec("skimage")
    if found is None or found.origin is None:
        raise DemoError(
            "the demo's photographs come with scikit-image: pip install 'seedaug[demo]', or give "
            "a folder of your own with --images DIR"
        )
    data = Path(found.origin).parent / "data"
    photos = [read_photo(data / name) for name in BUNDLED if (data / name).is_file()]
    if not photos:
        raise DemoError(f"no photographs in {data}; give a folder of your own with --images DIR")
    return Album(photos, "that come with scikit-image", [])


def _from_folder(folder: Path) -> Album:
    if not folder.is_dir():
        raise DemoError(f"--images {folder}: there is no such folder")
    photos: list[Photo] = []
    remarks = []
    for path in _files(folder):
        if len(photos) == AT_MOST:
            remarks.append(f"only the first {AT_MOST} photographs are used")
            break
        try:
            photos.append(read_photo(path))
        except Exception as error:
            # Pillow raises half a dozen types for a damaged file; each is named, none is fatal.
            reason = " ".join(str(error).split()) or type(error).__name__
            remarks.append(f"left out {path.relative_to(folder)}: {reason}")
    if not photos:
        bad = "".join(f"\n  {remark}" for remark in remarks)
        raise DemoError(f"--images {folder}: no JPEG or PNG file that can be read in it{bad}")
    return Album(photos, f"of {folder}", remarks)


def _files(folder: Path) -> Iterator[Path]:
    """JPEG and PNG files in a fixed order, found as they are needed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in SUFFIXES:
                yield Path(parent, name)


def read_photo(path: Path) -> Photo:
    """A photograph as it stands upright, its shorter side scaled to `SHORT_SIDE`."""
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        opened.draft("RGB", (SHORT_SIDE, SHORT_SIDE))  # a JPEG is decoded at a smaller scale
        image: Any = ImageOps.exif_transpose(opened).convert("RGB")
    width, height = image.size
    most = LONGEST * min(width, height)
    width, height = min(width, most), min(height, most)
    image = ImageOps.fit(image, _scaled(width, height), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def _scaled(width: int, height: int) -> tuple[int, int]:
    short = min(width, height)
    return round(width * SHORT_SIDE / short), round(height * SHORT_SIDE / short)
