"""Draws the tables of docs/frameworks.md from results.json: `python -m tests.frameworks.table`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .contract import ABSENT, ALARM, LOUD, RIGHT, WRONG

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "frameworks.md"
BEGIN, END = "<!-- begin: made by tests/frameworks/table.py -->", "<!-- end -->"
COLUMNS = {
    ("whole", "train"): "train",
    ("epoch_end", "train"): "resumed at an epoch's end",
    ("last_step", "train"): "at its last step",
    ("mid", "train"): "in mid-epoch",
    ("killed", "train"): "after SIGKILL",
    ("whole", "validate"): "validate",
    ("whole", "predict"): "predict",
}
ORDERS = {
    "shuffle": "shuffled",
    "rest": "shuffled, with a rest",
    "batches": "batch sampler",
    "resetting": "batch sampler that resets itself",
    "replacement": "with replacement",
    "stream": "stream",
}
_WORST = [WRONG, ALARM, LOUD, RIGHT]


def tables(results: dict[str, Any]) -> str:
    """The generated part of the page, markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    lines = [f"Versions: {versions}.", ""]
    cells = results["cells"]
    for variant in dict.fromkeys(cell["variant"] for cell in cells):
        own = [cell for cell in cells if cell["variant"] == variant]
        lines += [f"**{variant}**", "", *_table(own), ""]
    return "\n".join(lines + _reasons(cells))


def _table(cells: list[dict[str, Any]]) -> Iterable[str]:
    yield "| order, ranks | " + " | ".join(COLUMNS.values()) + " |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for order, name in ORDERS.items():
        for ranks in (1, 2):
            row = [cell for cell in cells if (cell["order"], cell["ranks"]) == (order, ranks)]
            if row:
                marks = " | ".join(_mark(row, *column) for column in COLUMNS)
                yield f"| {name}, {ranks} | {marks} |"


def _mark(row: list[dict[str, Any]], course: str, stage: str) -> str:
    """The worst verdict of all worker counts."""
    found = {c["verdict"] for c in row if (c["course"], c["stage"]) == (course, stage)}
    return next((verdict for verdict in _WORST if verdict in found), ABSENT)


def _reasons(cells: list[dict[str, Any]]) -> list[str]:
    """What is said in the cells that are loud, once for each variant and sentence."""
    said: dict[tuple[str, str], None] = {}
    for cell in cells:
        if cell["verdict"] == LOUD and ": " in cell["why"]:
            text = cell["why"].split(": ", 2 if cell["why"].startswith("epoch") else 1)[-1]
            said[cell["variant"], text[:300]] = None
    if not said:
        return []
    return ["What the loud cells say:", "", *(f"* {who}: {text}" for who, text in said), ""]


def with_tables(page: str, results: dict[str, Any]) -> str:
    """The page with its generated part made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(results)}\n{END}{after}"


def main() -> None:
    """Write the page."""
    results = json.loads((HERE / "results.json").read_text())
    PAGE.write_text(with_tables(PAGE.read_text(), results))


if __name__ == "__main__":
    main()
