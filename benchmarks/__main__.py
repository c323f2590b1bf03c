"""`python -m benchmarks`: runs every row, prints it, and writes benchmarks/results/cpu-<isa>.json.

With --only nothing is written unless --out says where.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks import bench_images, bench_numbers, bench_threads, machine, report
from benchmarks.harness import Row, measure

RESULTS = Path(__file__).parent / "results"
MODULES = (bench_numbers, bench_images, bench_threads)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--seconds", type=float, default=6.0, help="time for each row")
    parser.add_argument("--out", type=Path, help="folder for the JSON")
    return parser.parse_args()


def all_rows(only: str) -> Iterator[Row]:
    for module in MODULES:
        for row in module.rows():
            if only in row.name:
                yield row


def run(only: str, seconds: float) -> dict[str, Any]:
    """Measure and print rows; the JSON as a dict."""
    found = {"machine": machine.describe(), "versions": machine.versions()}
    load = {"before": machine.load()}
    threads, isa = torch.get_num_threads(), found["machine"]["isa"]
    measured = []
    for row in all_rows(only):
        measured.append(measure(row, seconds))
        print(report.text(measured[-1]), flush=True)
    torch.set_num_threads(threads)
    torch.ops.seedaug.use_isa(isa)
    load["after"] = machine.load()
    return {**found, "load": load, "seconds_a_row": seconds, "rows": measured}


def main() -> None:
    given = arguments()
    found = run(given.only, given.seconds)
    print(report.targets_text(found))
    folder = given.out or (None if given.only else RESULTS)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"cpu-{found['machine']['isa']}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
        print(f"written to {path}; `python -m benchmarks.report` draws the README's table from it")


if __name__ == "__main__":
    main()
