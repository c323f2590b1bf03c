"""The linter's labelled cases: enough of every rule, all of them readable; and how they score."""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from seedaug.lint.findings import RULES
from tests.lint import measure
from tests.lint.measure import Label, Labels, Score, score

ROOT = Path(__file__).resolve().parents[1]
ALL = [path for split in measure.SPLITS for path in measure.cases(split)]


@pytest.fixture(scope="module")
def labels():
    return measure.read_labels(ALL)


def test_every_rule_has_a_dozen_places(labels):
    of = Counter(label.code for label in labels.expect)
    assert set(of) == set(RULES)
    assert min(of.values()) >= 12
    assert min(of["SDA101"], of["SDA102"]) >= 60
    assert sum(of.values()) >= 260
    assert len(labels.harmless) >= 150


def test_a_share_of_each_rule_is_held_out(labels):
    held = measure.read_labels(measure.cases("heldout"))
    whole = Counter(label.code for label in labels.expect)
    for code, count in Counter(label.code for label in held.expect).items():
        assert 0.15 <= count / whole[code] <= 0.55, code
    assert 0.25 <= len(measure.cases("heldout")) / len(ALL) <= 0.35


def test_labels_do_not_contradict_each_other(labels):
    harmless = {(of.path, of.cell, of.line) for of in labels.harmless}
    other = {(of.path, of.cell, of.line) for of in labels.expect | labels.allow}
    assert not harmless & other
    assert not labels.expect & labels.allow
    assert all(of.code for of in labels.harmless), "a harmless place says why"


@pytest.mark.parametrize("case", ALL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_labels_stand_where_calls_begin(case):
    for file in [case] if case.is_file() else sorted(case.rglob("*")):
        if file.suffix not in (".py", ".ipynb") or "unreadable" in file.parts:
            continue
        labelled = measure.read_file(file)
        for cell, source in measure.sources(file):
            tree = ast.parse(measure.SHELL.sub(r"\1pass", source))
            calls = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call)}
            places = labelled.expect | labelled.allow
            assert {of.line for of in places if of.cell == cell} <= calls, file


def test_labels_are_read_from_trailing_comments(tmp_path):
    (tmp_path / "a.py").write_text(
        "f()  # expect: SDA101, SDA102\n"
        "g('# expect: SDA103')\n"
        "h()  # expect: SDA201  # allow: SDA202\n"
        "i()  # harmless: a sampler\n"
    )
    labels = measure.read_labels([tmp_path], base=tmp_path)
    assert {(of.line, of.code) for of in labels.expect} == {
        (1, "SDA101"),
        (1, "SDA102"),
        (3, "SDA201"),
    }
    assert labels.allow == {Label("a.py", 3, "SDA202")}
    assert labels.harmless == {Label("a.py", 4, "a sampler")}


def test_cells_of_notebooks_are_counted_with_text(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["f()  # expect: SDA101"]},
        {"cell_type": "code", "source": ["%time x\n", "f()  # expect: SDA101\n"]},
        {"cell_type": "code", "source": "!ls '\nf()  # expect: SDA102\n"},
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    labels = measure.read_labels([tmp_path / "n.ipynb"], base=tmp_path)
    assert labels.expect == {
        Label("n.ipynb", 2, "SDA101", cell=2),
        Label("n.ipynb", 2, "SDA102", cell=3),
    }


def test_scores():
    expected = Labels(
        expect={Label("a", 1, "SDA101"), Label("a", 2, "SDA101"), Label("a", 3, "SDA102")},
        allow={Label("a", 4, "SDA102")},
        harmless={Label("a", 5, "why"), Label("a", 6, "why")},
    )
    found = [Label("a", 1, "SDA101"), Label("a", 4, "SDA102"), Label("a", 5, "SDA101")]
    scores = score(expected, found)
    assert scores == {
        "SDA101": Score(1, 1, 1),
        "SDA102": Score(0, 0, 1),
        "all": Score(1, 1, 2, 1),
    }
    assert (scores["SDA101"].precision, scores["SDA101"].recall) == (0.5, 0.5)
    assert (scores["SDA102"].precision, scores["SDA102"].recall) == (1.0, 0.0)
    assert measure.table(scores).splitlines()[1].split() == [
        *("SDA101", "1", "1", "1"),
        *("0.500", "0.500"),
    ]
    assert list(measure.differences(expected, set(found))) == [
        "missed SDA101 a:2",
        "missed SDA102 a:3",
        "wrong  SDA101 a:5",
    ]


def test_rules_are_chosen_as_the_linter_does():
    assert "SDA111" not in measure.chosen_rules("")
    assert measure.chosen_rules("SDA111") == {"SDA111"}
    assert measure.chosen_rules("SDA40, SDA111") == {"SDA111", "SDA401", "SDA402"}


@pytest.mark.parametrize("split", measure.SPLITS)
def test_the_linter_is_right_and_misses_little(split):
    chosen = measure.cases(split)
    expected = measure.restrict(measure.read_labels(chosen), measure.chosen_rules(""))
    found = set().union(*map(measure.run_linter, chosen))
    of = measure.score(expected, found)["all"]
    report = "\n".join(measure.differences(expected, found))
    assert of.precision >= 0.95, report
    assert of.recall >= 0.9, report


def test_pytest_leaves_the_cases_alone():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/lint"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 5), done.stdout  # 5: nothing to collect
    assert "cases" not in done.stdout


def test_the_table_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(measure, "run_linter", lambda case, settings: set())
    assert measure.main(["--case", "noisy_digits", "--differences"]) == 0
    shown = capsys.readouterr().out
    assert "missed SDA102 main/noisy_digits.py:20" in shown
    assert "1 cases; 3 of 3 harmless look-alikes left alone" in shown
