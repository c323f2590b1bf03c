"""How well the linter does on the labelled cases: `python -m tests.lint.measure`.

A label is a trailing comment of the first line of a call (README.md beside this file):
`expect` must be found there, `allow` may be, and nothing else may, on any line.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seedaug.lint.engine import analyse
from seedaug.lint.findings import RULES
from seedaug.lint.settings import Settings
from seedaug.lint.sources import find_sources, read_source

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CASES = HERE / "cases"
SPLITS = ("main", "heldout")
COMMENT = re.compile(r"#\s*(expect|allow|harmless):\s*([^#]*)")
CODE = re.compile(r"SDA\d{3}")
SHELL = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)  # lines of a notebook that are no Python


@dataclass(frozen=True, order=True)
class Label:
    """A rule at a line of a file.

    Args:
        path: relative to the folder of the cases.
        line: from 1; in a notebook within the cell.
        code: of the rule.
        cell: of a notebook, cells of every kind from 1; 0 in a module.
    """

    path: str
    line: int
    code: str
    cell: int = 0


@dataclass
class Labels:
    """What is written on the lines of some cases; the code of `harmless` is the reason."""

    expect: set[Label] = field(default_factory=set)
    allow: set[Label] = field(default_factory=set)
    harmless: set[Label] = field(default_factory=set)

    def add(self, other: Labels) -> None:
        self.expect |= other.expect
        self.allow |= other.allow
        self.harmless |= other.harmless


@dataclass(frozen=True)
class Score:
    """Counts of one rule; a true negative is a harmless look-alike that nothing was said about."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    @property
    def precision(self) -> float:
        """Share of the findings that are right; 1 if there are none."""
        found = self.true_positives + self.false_positives
        return self.true_positives / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of the labelled places that were found; 1 if there are none."""
        wanted = self.true_positives + self.false_negatives
        return self.true_positives / wanted if wanted else 1.0


def cases(split: str) -> list[Path]:
    """The cases of a split: folders that are a project each, and single files."""
    return sorted(
        path
        for path in (CASES / split).iterdir()
        if path.is_dir() or path.suffix in (".py", ".ipynb")
    )


def sources(path: Path) -> Iterator[tuple[int, str]]:
    """(cell, source) of a module (one, cell 0) or of a notebook's code cells."""
    if path.suffix == ".py":
        yield 0, path.read_text(encoding="utf-8")
        return
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code":
            yield number, "".join(cell["source"])


def comments(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of the comments."""
    python = SHELL.sub(r"\1pass", source)
    for token in tokenize.generate_tokens(io.StringIO(python).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def read_file(path: Path, base: Path = CASES) -> Labels:
    """The labels of a module or notebook, with its path relative to `base`."""
    labels = Labels()
    name = path.relative_to(base).as_posix()
    for cell, source in sources(path):
        for line, comment in comments(source):
            for kind, text in COMMENT.findall(comment):
                if kind == "harmless":
                    labels.harmless.add(Label(name, line, text.strip(), cell))
                for code in CODE.findall(text) if kind != "harmless" else ():
                    getattr(labels, kind).add(Label(name, line, code, cell))
    return labels


def read_labels(paths: Iterable[Path], base: Path = CASES) -> Labels:
    """The labels of files and of all modules and notebooks in folders."""
    labels = Labels()
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.suffix in (".py", ".ipynb") and "unreadable" not in file.parts:
                labels.add(read_file(file, base))
    return labels


def score(expected: Labels, found: Iterable[Label]) -> dict[str, Score]:
    """Scores by rule, and of all rules under "all".

    Several findings of one rule on a line count once. True negatives stand under "all" only: a
    look-alike is harmless to every rule.

    Args:
        expected: what the cases' comments say.
        found: what a linter said.
    """
    said = set(found)
    right, missed = expected.expect & said, expected.expect - said
    wrong = said - expected.expect - expected.allow
    spots = {(label.path, label.cell, label.line) for label in wrong}
    quiet = sum((h.path, h.cell, h.line) not in spots for h in expected.harmless)
    by_rule = [Counter(label.code for label in part) for part in (right, wrong, missed)]
    scores = {
        code: Score(*(counter[code] for counter in by_rule))
        for code in sorted(set().union(*by_rule))
    }
    scores["all"] = Score(len(right), len(wrong), len(missed), quiet)
    return scores


def table(scores: dict[str, Score]) -> str:
    """The scores as lines of text, one a rule."""
    lines = [f"{'rule':8}{'right':>7}{'wrong':>7}{'missed':>8}{'precision':>11}{'recall':>8}"]
    for code, of in scores.items():
        counts = f"{of.true_positives:7}{of.false_positives:7}{of.false_negatives:8}"
        lines.append(f"{code:8}{counts}{of.precision:11.3f}{of.recall:8.3f}")
    return "\n".join(lines)


def run_linter(case: Path, settings: Settings | None = None) -> set[Label]:
    """What the linter says about one case, which is a project of its own.

    Args:
        case: a folder or a file.
        settings: which rules; default, those that are on by default.
    """
    settings = settings or Settings(jobs=1)
    report = analyse(find_sources([case], settings), settings)
    found = set()
    for finding in report.findings:
        path = Path(finding.place.path).resolve()
        where = read_source(path).cell_of(finding.place.line)
        cell, line = where or (0, finding.place.line)
        found.add(Label(path.relative_to(CASES).as_posix(), line, finding.code, cell))
    return found


def chosen_rules(select: str) -> set[str]:
    """The codes of the rules that are on: those that start so, or the linter's default."""

    starts = tuple(part.strip() for part in select.split(",") if part.strip())
    return {
        code
        for code, rule in RULES.items()
        if (code.startswith(starts) if starts else rule.default)
    }


def restrict(labels: Labels, codes: set[str]) -> Labels:
    """The labels of these rules, and all that is harmless."""
    expect, allow = (
        {of for of in part if of.code in codes} for part in (labels.expect, labels.allow)
    )
    return Labels(expect, allow, set(labels.harmless))


def differences(expected: Labels, found: set[Label]) -> Iterator[str]:
    """A line of text for each place that was missed, or found where nothing is."""
    for sign, places in (
        ("missed", expected.expect - found),
        ("wrong ", found - expected.expect - expected.allow),
    ):
        for of in sorted(places):
            cell = f" cell {of.cell}" if of.cell else ""
            yield f"{sign} {of.code} {of.path}{cell}:{of.line}"


def main(argv: list[str] | None = None) -> int:
    """Runs the linter over the cases, one by one, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.lint.measure", description=__doc__)
    parser.add_argument("--split", choices=(*SPLITS, "all"), default="main")
    parser.add_argument("--case", default="", help="only cases whose names contain this")
    parser.add_argument("--select", default="", help="rules by codes, with commas, for the linter")
    parser.add_argument("--differences", action="store_true", help="list what was not as labelled")
    options = parser.parse_args(argv)
    splits = SPLITS if options.split == "all" else (options.split,)
    chosen = [path for split in splits for path in cases(split) if options.case in path.name]
    labels = restrict(read_labels(chosen), chosen_rules(options.select))
    settings = Settings(select=tuple(options.select.replace(",", " ").split()), jobs=1)
    found = set().union(*(run_linter(case, settings) for case in chosen))
    if options.differences:
        print(*differences(labels, found), sep="\n")
    scores = score(labels, found)
    print(table(scores))
    quiet = scores["all"].true_negatives
    print(f"{len(chosen)} cases; {quiet} of {len(labels.harmless)} harmless look-alikes left alone")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
