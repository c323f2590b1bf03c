"""Runs the drivers, three at a time, and writes what each cell came to.

    PYTHONPATH=. build/frameworks/bin/python -m tests.frameworks.run --only lightning-2ranks

Ends with 1 where a cell is silently wrong, warns though right, or is worse than in results.json.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from .contract import ALARM, LOUD, RIGHT, WRONG

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
DRIVERS = sorted(path.stem for path in (HERE / "drivers").glob("[a-z]*.py"))
LIBRARIES = ("torch", "lightning", "transformers", "accelerate", "torchdata", "timm")
AT_ONCE = 3  # ranks and workers wait for one another: three keep two cores busy
RANKING = [RIGHT, LOUD, ALARM, WRONG]


def run(drivers: list[str], only: str, keep: str | None) -> list[dict[str, Any]]:
    """All cells of the drivers."""
    going: dict[str, subprocess.Popen[bytes]] = {}
    folder = Path(tempfile.mkdtemp(prefix="frameworks-results-"))
    try:
        return _run([*drivers], going, folder, only, keep)
    finally:
        for server in going.values():
            server.terminate()
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    waiting: list[str],
    going: dict[str, subprocess.Popen[bytes]],
    folder: Path,
    only: str,
    keep: str | None,
) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = []
    while waiting or going:
        while waiting and len(going) < AT_ONCE:
            name = waiting.pop(0)
            command = [sys.executable, "-m", "tests.frameworks.serve", name]
            command += ["--out", str(folder / name), "--only", only]
            going[name] = subprocess.Popen(command + (["--keep", keep] if keep else []))
        time.sleep(0.1)
        for name, server in [*going.items()]:
            if (status := server.poll()) is None:
                continue
            del going[name]
            if status:
                raise SystemExit(f"the driver {name} ended with {status}")
            lines = (folder / name).read_text().splitlines() if (folder / name).exists() else []
            cells += [json.loads(line) for line in lines]
    return cells


def main() -> None:
    """Run, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a beginning of a cell's name")
    parser.add_argument("--drivers", nargs="*", default=DRIVERS, help=f"of {DRIVERS}")
    parser.add_argument("--keep", help="leave records and checkpoints here")
    parser.add_argument("--write", action="store_true", help="write what was run to results.json")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the servers, too
    began = time.monotonic()
    cells = sorted(run(asked.drivers, asked.only, asked.keep), key=lambda cell: cell["name"])
    known = json.loads(RESULTS.read_text())["cells"] if RESULTS.exists() else []
    before = {cell["name"]: cell["verdict"] for cell in known}
    bad = [cell for cell in cells if cell["verdict"] in (WRONG, ALARM)]
    worse = [
        cell
        for cell in cells
        if RANKING.index(cell["verdict"]) > RANKING.index(before.get(cell["name"], WRONG))
    ]
    print(dict(Counter(cell["verdict"] for cell in cells)), f"{time.monotonic() - began:.0f} s")
    for cell in worse:
        print(f"worse than before: {cell['name']}: {cell['verdict']}: {cell['why']}")
    if asked.write:
        versions = {name: importlib.metadata.version(name).partition("+")[0] for name in LIBRARIES}
        merged = {cell["name"]: cell for cell in [*known, *cells]}
        if not asked.only and asked.drivers == DRIVERS:
            merged = {cell["name"]: cell for cell in cells}
        RESULTS.write_text(as_text(versions, [merged[name] for name in sorted(merged)]))
    raise SystemExit(1 if bad or worse else 0)


def as_text(versions: dict[str, str], cells: list[dict[str, Any]]) -> str:
    """The results as JSON, a line for each cell."""
    kept = [{name: cell[name] for name in cell if name != "seconds"} for cell in cells]
    lines = ",\n".join(json.dumps(cell) for cell in kept)
    return f'{{"versions": {json.dumps(versions)},\n"cells": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    main()
