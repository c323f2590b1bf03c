"""`python -m benchmarks.bug_table`: draws docs/the-bug.md's tables from the JSON in results/."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "the-bug.json"
EXPERIMENT = RESULTS.with_name("does-it-matter.json")
PAGE = ROOT / "docs" / "the-bug.md"

TOTAL = 48
COUNTED = ("distinct", "persistent", "spawn", "shared")
TOLD = ("repeatable", "any_workers", "resumes")

Entry = dict[str, Any]
"""What one torch gave: its versions, and `ways`."""


def load(path: Path = RESULTS) -> list[Entry]:
    """What each torch gave, the oldest first."""
    found: list[Entry] = json.loads(path.read_text())
    return found


def _agree(one: Entry, other: Entry) -> bool:
    """Whether all ways that both measured came out alike."""
    both = [(one["ways"][name], other["ways"][name]) for name in one["ways"]]
    return all(
        "missing" in a or "missing" in b or all(a[key] == b[key] for key in (*COUNTED, *TOLD))
        for a, b in both
    )


def groups(entries: list[Entry]) -> list[list[Entry]]:
    """Neighbouring versions that agree, each with all of its group."""
    grouped: list[list[Entry]] = []
    for entry in entries:
        if grouped and all(_agree(entry, other) for other in grouped[-1]):
            grouped[-1].append(entry)
        else:
            grouped.append([entry])
    return grouped


def version(entry: Entry) -> str:
    """Torch's, without how it was built."""
    return str(entry["torch"]).partition("+")[0]


def head(group: list[Entry]) -> str:
    """A group's versions."""
    first, last = version(group[0]), version(group[-1])
    return f"torch {first}" if first == last else f"torch {first} to {last}"


def found(group: list[Entry], name: str) -> dict[str, Any]:
    """What the newest of a group measured of a way; a dict with `missing` if none did."""
    measured = [entry["ways"][name] for entry in group]
    return next((way for way in reversed(measured) if "missing" not in way), measured[-1])


def _row(name: str, grouped: list[list[Entry]]) -> str:
    cells = []
    for group in grouped:
        way = found(group, name)
        cells.append("" if "missing" in way else f"{way['distinct']} ({way['persistent']})")
        if "missing" not in way and "missing" in group[-1]["ways"][name]:
            last = [entry for entry in group if "missing" not in entry["ways"][name]][-1]
            cells[-1] += f", up to {version(last)}"
    newest = next(way for way in (found(g, name) for g in reversed(grouped)) if "code" in way)
    if newest["repeatable"]:
        cells.append(f"{newest['shared']} of {newest['distinct']}")
        cells += ["yes" if newest[key] else "no" for key in ("any_workers", "resumes")]
    else:
        cells += ["no two runs are alike", "no", "no"]
    return f"| `{newest['code']}` | {' | '.join(cells)} |"


def ways(entries: list[Entry], remedies: bool) -> str:
    """What draws give: those of a dataset as it is, or those of the usual remedies."""
    grouped = groups(entries)
    heads = [f"{head(group)}: different of {TOTAL}" for group in grouped]
    heads += ["come again with another seed", "same with 0, 2, 4 workers", "same after a restart"]
    lines = [f"| drawn from | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    names = [name for name in entries[-1]["ways"] if is_remedy(name) == remedies]
    return "\n".join([*lines, *(_row(name, grouped) for name in names)])


def is_remedy(name: str) -> bool:
    """Whether a way is meant to mend what the others break."""
    return name.startswith("init: ") or name.endswith("index")


def spawned(entries: list[Entry]) -> str:
    """Different draws under the start method `spawn`."""
    grouped = groups(entries)
    names = [n for n, way in entries[-1]["ways"].items() if way.get("spawn") is not None]
    lines = [
        f"| with `spawn` | {' | '.join(map(head, grouped))} |",
        "|---|" + "---:|" * len(grouped),
    ]
    for name in names:
        cells = [f"{found(group, name)['spawn']} of {TOTAL}" for group in grouped]
        lines.append(f"| `{entries[-1]['ways'][name]['code']}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def versions(entries: list[Entry]) -> str:
    """What was measured with."""
    keys = ("torch", "python", "numpy", "opencv", "imgaug", "numba")
    lines = ["| torch | Python | NumPy | OpenCV | imgaug | numba |", "|" + "---|" * 6]
    for entry in entries:
        lines.append(f"| {' | '.join(entry[key] or 'not installed' for key in keys)} |")
    return "\n".join(lines)


def experiment(path: Path = EXPERIMENT) -> str:
    """What augmentation was worth, as the example prints it; needs what the example needs."""
    from examples import does_it_matter

    return str(does_it_matter.table(json.loads(path.read_text())))


def tables(entries: list[Entry]) -> dict[str, str]:
    """Every table of the measuring, by the name of its markers."""
    return {
        "ways": ways(entries, remedies=False),
        "spawn": spawned(entries),
        "remedies": ways(entries, remedies=True),
        "versions": versions(entries),
    }


def replace(page: str, drawn: dict[str, str]) -> str:
    """The page with its tables replaced.

    Raises:
        ValueError: the markers of a table are not there, once each and in order.
    """
    for name, table in drawn.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if page.count(begin) != 1 or page.count(end) != 1 or page.find(begin) > page.find(end):
            raise ValueError(f"the page needs the lines {begin} and {end}, once each")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n\n{table}\n\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bug_table", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    given = parser.parse_args()
    page = PAGE.read_text()
    drawn = replace(page, {**tables(load()), "experiment": experiment()})
    if drawn != page:
        print(PAGE.relative_to(ROOT), "is not what the JSON gives" if given.check else "drawn")
        if not given.check:
            PAGE.write_text(drawn)
    raise SystemExit(int(given.check and drawn != page))


if __name__ == "__main__":
    main()
