"""Comments that silence findings: where they count, and what is said of wrong ones."""

import json

import pytest

from seedaug.lint.findings import Finding, Place, Report, Severity
from seedaug.lint.settings import Settings
from seedaug.lint.suppress import comments, silence


def finding(line, code="SDA101", path="a.py", end_line=None):
    place = Place(path, line, 1, end_line or line, 5)
    return Finding(place, code, Severity.ERROR, "drawn")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Writes a.py and gives the lines of its findings that are left, and the warnings."""
    monkeypatch.chdir(tmp_path)

    def run(text, *findings, unused=False, **settings):
        (tmp_path / "a.py").write_text(text)
        report = Report(findings, files=1)
        left = silence(report, [tmp_path / "a.py"], Settings(root=tmp_path, **settings), unused)
        return [(f.place.line, f.code) for f in left.findings], list(left.warnings)

    return run


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# seedaug: ignore[SDA101]", ["SDA102"]),
        ("# seedaug: ignore[SDA101, SDA102]", []),
        ("#seedaug:ignore[sda102]", ["SDA101"]),
        ("# seedaug: ignore[SDA1]", []),
        ("# seedaug: ignore", []),
        ("# noqa: E501  # seedaug: ignore[SDA101] it is meant", ["SDA102"]),
        ("# seedaug: ignore[SDA201]", ["SDA101", "SDA102"]),
        ("# seedaug ignore", ["SDA101", "SDA102"]),
        ("# seedaug: keyed by the sample", ["SDA101", "SDA102"]),
        ('; x = "# seedaug: ignore"', ["SDA101", "SDA102"]),
    ],
)
def test_comments_on_the_line(run, comment, left):
    both = finding(2), finding(2, "SDA102")
    assert run(f"x = 1\ndraw() {comment}\n", *both) == ([(2, code) for code in left], [])


@pytest.mark.parametrize(("line", "left"), [(1, 1), (2, 0), (3, 0), (4, 0), (5, 1)])
def test_any_line_of_the_call_counts(run, line, left):
    lines = ["x = 1", "draw(", "    1,", ")", "y = 2"]
    lines[line - 1] += "  # seedaug: ignore[SDA101]"
    assert len(run("\n".join(lines), finding(2, end_line=4))[0]) == left


@pytest.mark.parametrize(
    ("text", "left", "warnings"),
    [
        ("# seedaug: ignore-file[SDA101]\nx = 1\n", ["SDA102"], []),
        ('#!/usr/bin/python\n"""Doc."""\n\n# seedaug: ignore-file\nx = 1\n', [], []),
        (
            "x = 1\n# seedaug: ignore-file\n",
            ["SDA101", "SDA102"],
            ["a.py:2: # seedaug: ignore-file: it goes above the first statement"],
        ),
    ],
)
def test_whole_files(run, text, left, warnings):
    both = finding(5), finding(5, "SDA102")
    assert run(text, *both) == ([(5, code) for code in left], warnings)


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("# seedaug: ignore[SDA999]", "there is no rule 'SDA999'"),
        ("# seedaug: ignore[]", "there is no rule ''"),
        ("# seedaug: ignore[SDA102", "the closing bracket is missing"),
        ("# seedaug: ignroe[SDA101]", "there are only `ignore` and `ignore-file`"),
    ],
)
def test_wrong_comments_are_told_of_and_silence_nothing(run, comment, why):
    left, (warning,) = run(f"draw()  {comment}\n", finding(1), unused=True)
    assert left == [(1, "SDA101")]
    assert warning.startswith(f"a.py:1: {comment.split('  ')[0]}: {why}")


def test_of_several_codes_the_right_ones_count(run):
    left, (warning,) = run("draw()  # seedaug: ignore[SDA101, SDA1O2]\n", finding(1))
    assert left == []
    assert "there is no rule 'SDA1O2'; did you mean 'SDA1" in warning


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("draw()  # seedaug: ignore\n", []),
        ("x = 1\n\n# seedaug: ignore\n", ["a.py:3: it silences nothing: # seedaug: ignore"]),
        ("draw()  # seedaug: ignore[SDA101, SDA102]", ["a.py:1: it silences nothing: SDA102"]),
        ("draw()  # seedaug: ignore[SDA101, SDA111]", []),  # SDA111 is off: nobody knows
    ],
)
def test_unused_comments(run, text, warnings):
    assert run(text, finding(1), unused=True)[1] == warnings
    assert run(text, finding(1))[1] == []


def test_rules_that_are_off_go(run):
    every = finding(3), finding(1, "SDA102"), finding(1, "SDA102"), finding(2, "SDA111")
    assert run("", *every)[0] == [(1, "SDA102"), (3, "SDA101")]
    assert run("", *every, ignore=("SDA101",))[0] == [(1, "SDA102")]
    assert run("", *every, per_file_ignores=(("a.py", ("SDA102",)),))[0] == [(3, "SDA101")]


def test_notebooks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "x = 1\ndraw()  # seedaug: ignore[SDA101]\ny()  # seedaug: ignore[X]"
    cells = [{"cell_type": "markdown", "source": ""}, {"cell_type": "code", "source": code}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    report = Report((finding(2, path="a.ipynb"), finding(3, path="a.ipynb")), files=1)
    left = silence(report, [tmp_path / "a.ipynb"], Settings(root=tmp_path))
    assert [f.place.line for f in left.findings] == [3]
    assert left.warnings == ("a.ipynb:cell 2:3: # seedaug: ignore[X]: there is no rule 'X'",)


def test_files_that_cannot_be_read_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.py").write_bytes(b"# seedaug: ignore \xff\n")
    paths = [tmp_path / "gone.py", tmp_path / "b.py", tmp_path]
    report = Report((finding(1, path="gone.py"),), files=3)
    assert silence(report, paths, Settings()) == report


def test_text_that_does_not_tokenize():
    assert [c.line for c in comments("x = 1  # seedaug: ignore\ny = (\n")] == [1]
    assert comments("x = '\n") == []
