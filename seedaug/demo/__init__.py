"""The demo: four ways to draw random numbers in a dataset, measured side by side."""

from __future__ import annotations

import os
from pathlib import Path

from seedaug.demo.errors import DemoError

__all__ = ["DemoError", "run_demo"]


def run_demo(images: Path | None, workers: int, epochs: int, out: Path) -> int:
    """Measure the four ways, print the table and write the contact sheet.

    Args:
        images: a folder of JPEG and PNG files; default, photographs that scikit-image brings.
        workers: processes of the loader, 2 … 32.
        epochs: 2 … 20.
        out: the PNG file to write.

    Returns:
        0 if every claim holds, else 1.

    Raises:
        DemoError: there are no photographs, or `out` cannot be written.
    """
    from seedaug.demo.measure import (
        ROUNDS,
        TIMED,
        Setting,
        claims,
        measure,
        steps,
    )
    from seedaug.demo.photos import read_album
    from seedaug.demo.sheet import write_sheet
    from seedaug.demo.table import print_table
    from seedaug.demo.ways import CROP
    from seedaug.progress import progress

    check_out(out)
    album = read_album(images)
    print(f"{len(album.photos)} photographs {album.source}, in {album.sizes} sizes")
    for remark in album.remarks:
        print(f"  {remark}")
    setting = Setting(album.photos, workers, epochs)
    with progress(steps(setting)) as step:
        results = measure(setting, step)
    claimed = list(claims(results))
    print(
        f"\n{setting.shown.count} samples x {epochs} epochs x {workers} workers: crop, flip and "
        "noise of one photograph, in real worker processes\n"
    )
    print_table(results, claimed, setting)
    print(
        f"\nimages/s: {CROP[0]}x{CROP[1]} crops of all photographs, {workers} workers, median of "
        f"{ROUNDS} passes over {TIMED};\n  the first three compute with NumPy, seedaug with its "
        "own native transforms"
    )
    write_sheet(results, setting, out)
    print(f"contact sheet: {out}")
    return 0 if all(claim.holds for claim in claimed) else 1


def check_out(out: Path) -> None:
    """Find out before the minute of measuring whether the file can be written."""
    if out.suffix.lower() != ".png":
        raise DemoError(f"--out {out}: the contact sheet is a PNG; give a name that ends in .png")
    if out.is_dir():
        raise DemoError(f"--out {out}: that is a folder; give the name of a file in it")
    if not out.parent.is_dir():
        raise DemoError(f"--out {out}: there is no folder {out.parent}")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise DemoError(f"--out {out}: you may not write there")
