"""`python -m benchmarks`: runs every row, prints it, and writes cpu-<isa>.json into a folder.

With --only nothing is written unless --out says where.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import (
    bench_images,
    bench_loader,
    bench_numbers,
    bench_scaling,
    bench_threads,
    instructions,
)
from benchmarks.collect import collect, write
from benchmarks.harness import Row
from benchmarks.report import ROOT

MODULES = (bench_numbers, bench_images, bench_threads)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each row")
    parser.add_argument("--large", action="store_true", help="what takes minutes too")
    parser.add_argument("--out", type=Path, help="folder for the JSON; build/bench, without --only")
    return parser.parse_args()


def all_rows(only: str) -> Iterator[Row]:
    for module in MODULES:
        for row in module.rows():
            if only in row.name:
                yield row


def main() -> None:
    given = arguments()
    seconds, whole = given.seconds, not given.only
    found = collect(
        all_rows(given.only),
        seconds,
        # first: their workers are forked, which other libraries' threads would not like
        first=bench_loader.measured(seconds, given.only, given.large),
        scaling=(lambda: bench_scaling.measured(seconds, given.large))
        if given.only in "scaling"
        else None,
    )
    if given.only in "instructions":
        found["instructions"] = instructions.count(bench_numbers.isas())
        print(instructions.text(found["instructions"]))
    folder = given.out or (ROOT / "build" / "bench" if whole else None)
    if folder is not None:
        write(found, folder / f"cpu-{found['machine']['isa']}.json")


if __name__ == "__main__":
    main()
