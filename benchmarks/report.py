"""Draws what people read from the JSON: `python -m benchmarks.report [--check]`.

The README's part stands between two markers, and everything between them is replaced; all
contenders of all rows go to benchmarks/results/README.md, the charts to docs/. With --check
nothing is written, and the exit status is 1 if a file is not what the JSON gives.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path
from typing import Any

from benchmarks import charts, instructions
from benchmarks.harness import SECONDS
from benchmarks.units import figure

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"
CHARTS = {
    "benchmarks-peers.svg": (charts.peers, "Time of each library as a multiple of a copy's"),
    "benchmarks-scaling.svg": (charts.scaling, "Time by pixels, program length and threads"),
}


def text(row: dict[str, Any]) -> str:
    """One row for the terminal: a line for each contender."""
    lines = [f"{row['title']} ({row['note']})"]
    for name, result in everything(row).items():
        if "missing" in result:
            lines.append(f"  {name:34} {result['missing']}")
            continue
        low, middle, high = (figure(result[q], row["per"]) for q in ("q1", "median", "q3"))
        share = result.get("share_of_floor")
        shown = f"  {share:6.0%} of the floor's speed" if share is not None else ""
        lines.append(f"  {name:34} {middle:>10} [{low} - {high}]{shown}")
    return "\n".join(lines) + "\n"


def everything(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Contenders, bounds and floor of a row, in this order."""
    floor = row["floor"]
    return {
        **row["results"],
        **row.get("bounds", {}),
        **({f"{floor['name']} (the floor)": floor} if floor else {}),
    }


def verdict(target: dict[str, Any], per: str) -> str:
    """One target in words."""
    met = "met" if target["met"] else "NOT MET"
    if not target.get("within"):
        return (
            f"{target['ours']} against {target['against']}: {target['measured']:.2f}x, "
            f"wanted {target['wanted']}x: {met}"
        )
    if target["against"] == SECONDS:
        came, most = (figure(target[key], per) for key in ("measured", "wanted"))
        return f"{target['ours']}: {came}, at most {most}: {met}"
    return (
        f"{target['ours']}: {target['measured']:.2f} times {target['against']}, "
        f"at most {target['wanted']:g}: {met}"
    )


def all_rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The table's rows and those behind the growth chart that have targets."""
    return [*found["rows"], *([found["scaling"]["length"]] if "scaling" in found else [])]


def targets_text(found: dict[str, Any]) -> str:
    """What was wanted and what came, for the terminal."""
    lines = ["Targets (medians of this run)"]
    for row in all_rows(found):
        lines += [f"  {row['name']:26} {verdict(one, row['per'])}" for one in row["targets"]]
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
    more = f" (out=: {seconds / into_buffer['median']:.1f}x)" if into_buffer else ""
    nearest = (into_buffer or ours).get("share_of_floor")
    cells = [
        row["title"],
        figure(ours["median"], row["per"]) + also,
        f"{figure(seconds, row['per'])} ({name})",
        f"{seconds / ours['median']:.1f}x" + more,
        f"{nearest:.0%}" if nearest is not None else "",
    ]
    return "| " + " | ".join(cells) + " |"


def about(found: dict[str, Any]) -> list[str]:
    """On what, by which versions, under what load."""
    machine, versions = found["machine"], found["versions"]
    where = machine.get("gpu") or f"{machine['cpu']}, {machine['isa']}"
    one = "" if machine.get("gpu") else ", one thread (processor time; loaders by the wall)"
    used = {n: v for n, v in versions.items() if v != "not installed" and n != "compiler"}
    absent = [name for name, version in versions.items() if version == "not installed"]
    words = (
        f"Medians, for one value or one image, on {where}{one}; "
        + ", ".join(f"{name} {version}" for name, version in used.items())
        + (f"; not installed: {', '.join(absent)}" if absent else "")
        + f". Load average {found['load']['before']} to {found['load']['after']}."
    )
    return textwrap.wrap(words, 118)


def _is_for_the_page_only(row: dict[str, Any], isa: str) -> bool:
    """Instruction sets that weren't chosen, and single images with noise."""
    kind, _, what = row["name"].partition("/")
    return (kind in ("words", "normals") and what != isa) or (kind == "one" and "noise" in what)


def table(found: dict[str, Any]) -> str:
    """The Markdown table of one machine."""
    machine = found["machine"]
    lines = [
        *about(found),
        "",
        "| work | seedaug | the fastest of the others | ratio | share of a copy's speed |",
        "|---|---:|---:|---:|---:|",
    ]
    shown = [row for row in found["rows"] if not _is_for_the_page_only(row, machine["isa"])]
    lines += [line for line in map(_line, shown) if line is not None]
    threads = [
        f"{row['title']}: {target['measured']:.2f}x {target['against']} by {target['ours']}."
        for row in found["rows"]
        for target in row["targets"]
        if row["name"].startswith("threads/")
    ]
    return "\n".join([*lines, "", *threads] if threads else lines)


def long_table(found: dict[str, Any]) -> str:
    """Everything that was measured on one machine, as Markdown."""
    lines = [*about(found), ""]
    if "instructions" in found:
        lines += [*instructions.markdown(found["instructions"]), ""]
    for row in all_rows(found):
        shown = " (wall)" if row.get("time") == "wall" else ""
        lines += [f"### {row['title']}", "", f"{row['note']}{shown}" if row["note"] else "", ""]
        lines += ["| | median | quartiles | of the floor's speed |", "|---|---:|---:|---:|"]
        for name, one in everything(row).items():
            if "missing" in one:
                lines.append(f"| {name} | {one['missing']} | | |")
                continue
            low, middle, high = (figure(one[q], row["per"]) for q in ("q1", "median", "q3"))
            share = f"{one['share_of_floor']:.0%}" if "share_of_floor" in one else ""
            lines.append(f"| {name} | {middle} | {low} to {high} | {share} |")
        lines += ["", *(f"* {verdict(one, row['per'])}" for one in row["targets"]), ""]
    return "\n".join(lines)


def load(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """What was found on each machine."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*pu-*.json"))]


def charted(machines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The machine whose figures are drawn: the first whose growth was measured."""
    return next((found for found in machines if "scaling" in found), None)


def section(folder: Path = RESULTS) -> str:
    """The charts, and all machines' tables, the markers around them."""
    machines = load(folder)
    shown = [f"![{words}](docs/{name})" for name, (_, words) in CHARTS.items()]
    drawn = shown if charted(machines) else []
    page = "[Every figure, and the targets](benchmarks/results/README.md)"
    return "\n\n".join([BEGIN, *drawn, *map(table, machines), page, END])


def results_page(folder: Path = RESULTS) -> str:
    """benchmarks/results/README.md."""
    first = "# Every figure\n\nDrawn from the JSON beside it by `python -m benchmarks.report`."
    pages = "\n".join(map(long_table, load(folder)))
    lines = f"{first}\n\n{pages}".split("\n")
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return "\n".join(kept).rstrip("\n") + "\n"


def files(readme: str, folder: Path = RESULTS) -> dict[Path, str]:
    """Every file that is drawn, and its text.

    Args:
        readme: the README's present text.
    """
    drawn = {
        ROOT / "README.md": replace(readme, section(folder)),
        RESULTS / "README.md": results_page(folder),
    }
    found = charted(load(folder))
    if found is not None:
        drawn |= {ROOT / "docs" / name: draw(found) for name, (draw, _) in CHARTS.items()}
    return drawn


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


def stale(drawn: dict[Path, str]) -> list[Path]:
    """The files that are not what was drawn."""
    return [path for path, new in drawn.items() if not path.is_file() or path.read_text() != new]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    given = parser.parse_args()
    drawn = files((ROOT / "README.md").read_text())
    changed = stale(drawn)
    for path in changed:
        print(path.relative_to(ROOT), "is not what the JSON gives" if given.check else "drawn")
        if not given.check:
            path.write_text(drawn[path])
    raise SystemExit(int(given.check and bool(changed)))


if __name__ == "__main__":
    main()
