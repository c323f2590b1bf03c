"""Draws the README's table from the JSON: `python -m benchmarks.report [--check]`.

The table stands between two markers, and everything between them is replaced. With --check
nothing is written, and the exit status is 1 if the README is not what the JSON gives.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"
UNITS = {"value": (1e9, "ns"), "image": (1e6, "µs"), "call": (1e6, "µs")}


def figure(seconds: float, per: str) -> str:
    """A time with three significant digits, in the unit of its row.

    >>> figure(0.355e-9, "value"), figure(155.4e-6, "image")
    ('0.355 ns', '155 µs')
    """
    factor, unit = UNITS[per]
    value = seconds * factor
    if value < 0.1:
        value, unit = value * 1e3, {"ns": "ps", "µs": "ns"}[unit]
    digits = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} {unit}"


def text(row: dict[str, Any]) -> str:
    """One row for the terminal: a line for each contender."""
    lines = [f"{row['title']} ({row['note']})"]
    for name, result in [*row["results"].items(), (row["floor"]["name"], row["floor"])]:
        if "missing" in result:
            lines.append(f"  {name:34} {result['missing']}")
            continue
        low, middle, high = (figure(result[q], row["per"]) for q in ("q1", "median", "q3"))
        share = result.get("share_of_floor")
        shown = f"{share:6.0%} of the floor's speed" if share is not None else "   the floor"
        lines.append(f"  {name:34} {middle:>10} [{low} - {high}]  {shown}")
    return "\n".join(lines) + "\n"


def targets_text(found: dict[str, Any]) -> str:
    """What was wanted and what came, for the terminal."""
    lines = ["Targets (ratio of medians in this run)"]
    for row in found["rows"]:
        for target in row["targets"]:
            verdict = "met" if target["met"] else "NOT MET"
            lines.append(
                f"  {row['name']:26} {target['ours']} against {target['against']}: "
                f"{target['measured']:.2f}x, wanted {target['wanted']}x: {verdict}"
            )
    load = found["load"]
    lines.append(f"  load average before {load['before']}, after {load['after']}")
    return "\n".join(lines)


def best_peer(row: dict[str, Any]) -> tuple[str, float] | None:
    """The fastest contender that isn't seedaug: name and seconds."""
    rivals = {
        name: result["median"]
        for name, result in row["results"].items()
        if "median" in result and not name.startswith("seedaug")
    }
    return min(rivals.items(), key=lambda item: item[1]) if rivals else None


def _line(row: dict[str, Any]) -> str | None:
    ours = row["results"].get("seedaug") or row["results"].get("seedaug words")
    peer = best_peer(row)
    if ours is None or peer is None or "median" not in ours:
        return None
    name, seconds = peer
    into_buffer = row["results"].get("seedaug, out=")
    also = f" (out=: {figure(into_buffer['median'], row['per'])})" if into_buffer else ""
    cells = [
        row["title"],
        figure(ours["median"], row["per"]) + also,
        f"{figure(seconds, row['per'])} ({name})",
        f"{seconds / ours['median']:.1f}x",
        f"{ours['share_of_floor']:.0%}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(found: dict[str, Any]) -> str:
    """The Markdown table of one machine."""
    machine, versions = found["machine"], found["versions"]
    where = machine.get("gpu") or f"{machine['cpu']}, {machine['isa']}"
    one = "" if machine.get("gpu") else ", one thread (processor time)"
    used = {n: v for n, v in versions.items() if v != "not installed" and n != "compiler"}
    absent = [name for name, version in versions.items() if version == "not installed"]
    about = (
        f"Medians, for one value or one image, on {where}{one}; "
        + ", ".join(f"{name} {version}" for name, version in used.items())
        + (f"; not installed: {', '.join(absent)}" if absent else "")
        + f". Load average {found['load']['before']} to {found['load']['after']}."
    )
    lines = [
        *textwrap.wrap(about, 118),
        "",
        "| work | seedaug | the fastest of the others | ratio | share of a copy's speed |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [line for line in map(_line, found["rows"]) if line is not None]
    threads = [
        f"{row['title']}: {target['measured']:.2f}x {target['against']} by {target['ours']}."
        for row in found["rows"]
        for target in row["targets"]
        if row["name"].startswith("threads/")
    ]
    return "\n".join([*lines, "", *threads] if threads else lines)


def section(folder: Path = RESULTS) -> str:
    """All machines' tables, the markers around them."""
    tables = [table(json.loads(path.read_text())) for path in sorted(folder.glob("*pu-*.json"))]
    return "\n\n".join([BEGIN, *tables, END])


def replace(readme: str, drawn: str) -> str:
    """The README with its section replaced.

    Raises:
        ValueError: the markers are not there, once each and in order.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise ValueError(f"the README needs the lines {BEGIN} and {END}, once each")
    return before + drawn + after


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    given = parser.parse_args()
    old = given.readme.read_text()
    new = replace(old, section())
    if given.check:
        raise SystemExit(int(old != new))
    given.readme.write_text(new)


if __name__ == "__main__":
    main()
