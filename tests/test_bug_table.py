"""The measuring of the bug, and what docs/the-bug.md draws from it."""

import copy
import re

import pytest

from benchmarks import bug_table, bug_ways, the_bug

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


# Measuring, under the torch of this environment


@pytest.mark.parametrize(
    ("name", "distinct", "shared"),
    [
        ("held Generator", 4, 0),
        ("NumPy", 48, 0),
        ("init: word of the state", 16, 16),
        ("init: seed and worker", 16, 12),
    ],
)
def test_what_a_way_gives(name, distinct, shared):
    whole = the_bug.run(name)
    assert len(whole) == bug_table.TOTAL
    assert the_bug.distinct(whole) == distinct
    other = the_bug.run(name, seed=the_bug.OTHER_SEED)
    assert len({*whole.values()} & {*other.values()}) == shared


def test_a_seed_of_epoch_and_index_repeats_under_persistent_workers():
    found = the_bug.measure("epoch and index")
    assert (found["distinct"], found["persistent"], found["spawn"]) == (48, 16, None)
    assert found["repeatable"]
    assert found["any_workers"]
    assert found["resumes"]


def test_a_package_that_is_not_here_is_named(monkeypatch):
    monkeypatch.setattr(bug_ways.WAYS["OpenCV"], "needs", ("opencv-python-headless", False))
    assert the_bug.measure("OpenCV") == {"missing": "opencv-python-headless"}
    assert "opencv-python-headless is not here" in the_bug.show("OpenCV", the_bug.measure("OpenCV"))


def test_an_entry_replaces_that_of_the_same_torch(tmp_path):
    path = tmp_path / "found.json"
    for torch in ("2.13.0+cpu", "2.9.1", "2.13.0+cu130"):
        the_bug.keep({"torch": torch}, path)
    assert [entry["torch"] for entry in bug_table.load(path)] == ["2.9.1", "2.13.0+cu130"]


# Tables


@pytest.fixture(scope="module")
def entries():
    """What is kept in the repository."""
    return bug_table.load()


def test_the_page_is_what_the_figures_give(entries):
    page = bug_table.PAGE.read_text()
    assert bug_table.replace(page, bug_table.tables(entries)) == page, (
        "run python -m benchmarks.bug_table"
    )


def test_every_torch_that_the_docs_speak_of_was_measured(entries):
    minors = {tuple(the_bug.version_of(entry)[:2]) for entry in entries}
    assert {(1, 8), (1, 9), (2, 10), (2, 13), (2, 15)} <= minors
    assert all(entry["ways"].keys() == bug_ways.WAYS.keys() for entry in entries)
    for name, way in bug_ways.WAYS.items():
        assert bug_table.found(entries, name)["code"] == way.code


def test_versions_that_differ_stand_apart(entries):
    grouped = bug_table.groups(entries)
    assert sum(map(len, grouped)) == len(entries)
    other = copy.deepcopy(entries[-1])
    other["torch"] = "99.0.0"
    other["ways"]["NumPy"]["distinct"] = 7
    more = bug_table.groups([*entries, other])
    assert [bug_table.head(group) for group in more[len(grouped) :]] == ["torch 99.0.0"]
    assert "7 (48)" in bug_table.ways([*entries, other], remedies=False)


def test_a_page_without_markers():
    with pytest.raises(ValueError, match="<!-- ways:begin -->"):
        bug_table.replace("no markers", {"ways": "a table"})


def test_the_figures_in_the_text(entries):
    """What the prose of the page says of the newest torch, way by way."""
    page = bug_table.PAGE.read_text()
    newest = entries[-1]["ways"]
    assert newest["held Generator"]["distinct"] == 4
    assert newest["held Generator"]["persistent"] == 12
    assert newest["NumPy"]["distinct"] == 48
    assert newest["epoch and index"]["persistent"] == 16
    assert re.search(r"\b4 different draws of 48\b", page)
