"""`python -m benchmarks`: runs every row, prints it, and writes benchmarks/results/cpu-<isa>.json.

With --only nothing is written unless --out says where.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bench_images, bench_numbers, bench_threads
from benchmarks.collect import collect, write
from benchmarks.harness import Row
from benchmarks.report import RESULTS

MODULES = (bench_numbers, bench_images, bench_threads)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--seconds", type=float, default=4.5, help="time for each row")
    parser.add_argument("--out", type=Path, help="folder for the JSON")
    return parser.parse_args()


def all_rows(only: str) -> Iterator[Row]:
    for module in MODULES:
        for row in module.rows():
            if only in row.name:
                yield row


def main() -> None:
    given = arguments()
    found = collect(all_rows(given.only), given.seconds)
    folder = given.out or (None if given.only else RESULTS)
    if folder is not None:
        write(found, folder / f"cpu-{found['machine']['isa']}.json")


if __name__ == "__main__":
    main()
