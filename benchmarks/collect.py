"""Measures rows one after another, prints each, and makes the JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from benchmarks import machine, report
from benchmarks.harness import Clock, Row, measure


def collect(
    rows: Iterable[Row],
    seconds: float,
    clock: Clock | None = None,
    first: Iterable[dict[str, Any]] = (),
    scaling: Callable[[], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Measure and print rows; the JSON as a dict.

    Args:
        rows: made one by one, so that their memory comes and goes.
        seconds: for each row.
        clock: what times a block of calls; default, each row's.
        first: rows that are measured, as they are asked for, before all others; they stand last.
        scaling: measures how the time grows, if wanted.
    """
    found: dict[str, Any] = {"machine": machine.describe(), "versions": machine.versions()}
    threads, before = torch.get_num_threads(), machine.load()
    measured, already = [], []
    try:
        for one in first:
            already.append(one)
            print(report.text(one), flush=True)
        for row in rows:
            measured.append(measure(row, seconds, clock))
            print(report.text(measured[-1]), flush=True)
        if scaling is not None:
            found["scaling"] = scaling()
            print(report.text(found["scaling"]["length"]), flush=True)
    finally:
        torch.set_num_threads(threads)
        torch.ops.seedaug.use_isa(found["machine"]["isa"])
    found["load"] = {"before": before, "after": machine.load()}
    found["seconds_a_row"] = seconds
    found["rows"] = measured + already
    print(report.targets_text(found))
    return found


def write(found: dict[str, Any], path: Path) -> None:
    """Write the JSON that `benchmarks.report` draws from."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(f"written to {path}; `python -m benchmarks.report` draws the README's table")
