"""The formats of a report: what stands in them, for people and for programs."""

import json
import re
from dataclasses import replace

import pytest
from lint_fixtures import DATASET, dataset_findings, init_finding, project, write_notebook

from seedaug.lint.findings import RULES, Finding, Place, Report, Severity, Unread
from seedaug.lint.reports import FORMATS, Excerpts, statistics, summary
from seedaug.lint.reports.excerpt import columns, printable

__all__ = ["project"]

UNREAD = (Unread("old.py", "Python 2 source: print statement on line 1"),)
NOTE = ("data.py:3: the closing bracket is missing",)


@pytest.fixture
def report(project):
    """The project's, with a file that was not read and a warning."""
    return Report((*dataset_findings(), init_finding()), UNREAD, 2, NOTE)


def written(report, form, **excerpts):
    return FORMATS[form](report, Excerpts(**excerpts))


def one(text, start, end, message="drawn", path="a.py", code="SDA101"):
    """A report of one finding on line 1, columns from 1."""
    place = Place(path, 1, start, 1, end)
    return Report((Finding(place, code, Severity.ERROR, message),), files=1)


# For people


def test_text(report):
    assert (
        written(report, "text", width=76)
        == """\
data.py:9:16: error SDA101 draws from `self.rng`, which was made before the workers
9 |         return self.rng.normal(
  |                ^^^^^^^^^^^^^^^^
  = note: it is made here
    --> data.py:6:20
6 |         self.rng = np.random.default_rng(0)
  |                    ^^^^^^^^^^^^^^^^^^^^^^^^
  = help: make the generator where the sample is made: `seedaug.rng()` in a
          `seedaug.SeededDataset`, or one from (seed, epoch, index).
          (--explain SDA101)

data.py:11:13: warning SDA102 draws from NumPy's global generator in `Photos.__getitem__`
11 |         ) + np.random.normal()
   |             ^^^^^^^^^^^^^^^^^^
   = help: draw from `seedaug.rng()` in a `seedaug.SeededDataset`, or wrap
           the dataset with `seed_globals=True` and leave its code as it is.
           (--explain SDA102)

init.py:5:5: error SDA302 seeds by the worker's number
5 |     np.random.seed(42 + worker_id)  # differs by worker
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: seed from `torch.initial_seed() % 2**32`, which differs by worker
          and epoch; or have no init function. (--explain SDA302)

not read: old.py: Python 2 source: print statement on line 1
warning: data.py:3: the closing bracket is missing
"""
    )


def test_colours_are_only_colours(report):
    coloured = written(report, "text", colour=True)
    assert "\033[1;31merror SDA101\033[0m" in coloured
    assert re.sub(r"\033\[[\d;]*m", "", coloured) == written(report, "text")


def test_nothing_found():
    assert written(Report(files=3), "text") == ""
    assert summary(Report(files=3)) == "nothing found in 3 files"
    assert statistics(Report(files=3)) == ""


def test_summary_and_statistics(report):
    assert summary(report) == (
        "2 errors and 1 warning in 2 files; not read: 1 file; --fix can mend 1"
    )
    twice = replace(report, findings=report.findings * 9 + (init_finding(),))
    assert statistics(twice) == (
        "10  SDA302  init-no-epoch\n 9  SDA101  held-generator\n 9  SDA102  global-numpy\n"
    )


@pytest.mark.parametrize(
    ("line", "start", "end", "shown", "carets"),
    [
        ("\tx = rng()", 6, 11, "    x = rng()", "        ^^^^^"),
        ("'中文' + rng()", 8, 13, "'中文' + rng()", "         ^^^^^"),
        ("'e\u0301' + rng()", 8, 13, "'e\u0301' + rng()", "      ^^^^^"),
        ("'\033[2J' + rng()", 10, 15, "'\ufffd[2J' + rng()", "         ^^^^^"),
        ("'\u202e' + rng()", 7, 12, "'\ufffd' + rng()", "      ^^^^^"),
        ("'a\x0cb' + rng()", 9, 14, "'a\ufffdb' + rng()", "        ^^^^^"),
        ("rng()", 1, 99, "rng()", "^^^^^"),
        ("rng()", 50, 60, "rng()", "     ^"),
    ],
)
def test_carets_stand_under_what_is_meant(project, line, start, end, shown, carets):
    (project / "a.py").write_text(line + "\n")
    text = written(one(line, start, end), "text").splitlines()
    assert text[1] == f"1 | {shown}"
    assert text[2] == f"  | {carets}"


@pytest.mark.parametrize("width", [1, 40, 80])
@pytest.mark.parametrize("start", [1, 30, 300, 990])
def test_long_lines_are_cut_around_what_is_meant(project, width, start):
    line = "".join(f"{n:04}" for n in range(250))
    (project / "a.py").write_text(line)
    text = written(one(line, start, start + 8), "text", width=width).splitlines()
    room = max(width, 34)
    assert all(columns(each) <= room for each in text[1:3])
    at = text[2].index("^")
    assert text[2].count("^") == 8
    assert text[1][at : at + 8] == line[start - 1 : start + 7]


def test_a_long_call_is_cut_too(project):
    (project / "a.py").write_text("x = " + "y" * 500)
    text = written(one("", 5, 505), "text", width=60).splitlines()
    assert columns(text[1]) <= 60
    assert text[1].endswith("…")
    assert set(text[2][4:].strip()) == {"^"}


def test_a_file_that_is_gone(project):
    text = written(one("", 1, 5, path="gone.py"), "text")
    assert text.startswith("gone.py:1:1: error SDA101 drawn\n  = help: ")
    for form in FORMATS:
        assert "gone.py" in written(one("", 1, 5, path="gone.py"), form)


def test_messages_cannot_move_the_cursor(project):
    text = written(one("", 1, 5, "a\033[2Jb\r", path="x\n.py"), "text")
    assert text.startswith("x\ufffd.py:1:1: error SDA101 a\ufffd[2Jb\ufffd\n")
    assert printable("a\tb", tab=True) == "a    b"


# Notebooks


@pytest.fixture
def notebook(project):
    """Findings in the second code cell of a notebook."""
    write_notebook(project / "a.ipynb", "x = 1\ny = 2", DATASET)
    return Report(tuple(dataset_findings("a.ipynb", shift=2)), files=1)


def test_cells_in_every_format(notebook):
    text = written(notebook, "text")
    assert text.startswith("a.ipynb:cell 3:9:16: error SDA101")
    assert "--> a.ipynb:cell 3:6:20\n6 |         self.rng" in text
    finding = json.loads(written(notebook, "json"))["findings"][0]
    lines = {key: finding[key] for key in ("cell", "line", "end_line")}
    assert lines == {"cell": 3, "line": 9, "end_line": 11}
    assert (finding["related"][0]["cell"], finding["related"][0]["line"]) == (3, 6)
    assert "::error file=a.ipynb,line=1,title=SDA101 held-generator::cell 3, line 9: " in written(
        notebook, "github"
    )
    (run,) = json.loads(written(notebook, "sarif"))["runs"]
    assert run["results"][0]["message"]["text"].startswith("cell 3, line 9: ")
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1}


# For programs


def test_json(report):
    document = json.loads(written(report, "json"))
    assert list(document) == ["version", "tool", "files", "findings", "unread", "warnings"]
    assert document["version"] == 1
    assert document["tool"]["name"] == "seedaug-lint"
    assert document["files"] == 2
    first, _, third = document["findings"]
    made = {"path": "data.py", "line": 6, "column": 20, "end_line": 6, "end_column": 44}
    assert first == {
        "code": "SDA101",
        "name": "held-generator",
        "severity": "error",
        "message": "draws from `self.rng`, which was made before the workers",
        "path": "data.py",
        "line": 9,
        "column": 16,
        "end_line": 11,
        "end_column": 10,
        "related": [{"message": "it is made here", **made}],
        "fix": None,
    }
    assert third["fix"] == "torch-seed"
    assert document["unread"] == [{"path": u.path, "reason": u.reason} for u in UNREAD]
    assert document["warnings"] == list(NOTE)


def test_github(report):
    lines = written(report, "github").splitlines()
    assert len(lines) == 5
    assert lines[0].startswith(
        "::error file=data.py,line=9,endLine=11,title=SDA101 held-generator::draws from `self.rng`"
    )
    assert "%0Anote: data.py:6:20: it is made here%0A" in lines[0]
    assert lines[1].startswith(
        "::warning file=data.py,line=11,endLine=11,col=13,endColumn=31,title=SDA102 global-numpy::"
    )
    assert lines[3] == (
        "::notice file=old.py::not read: Python 2 source: print statement on line 1"
    )
    assert lines[4] == "::notice::data.py:3: the closing bracket is missing"


def test_github_escapes():
    report = one("", 1, 5, "50 % of a,b: c\r\nd", path="a,b:c%.py")
    assert written(report, "github").startswith(
        "::error file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=5,"
        "title=SDA101 held-generator::50 %25 of a,b: c%0D%0Ad%0A"
    )


def test_sarif(report):
    document = json.loads(written(report, "sarif"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert rules[0]["name"] == "HeldGenerator"
    assert rules[0]["help"]["markdown"].startswith("# SDA101 held-generator")
    assert rules[5]["defaultConfiguration"] == {"level": "warning", "enabled": False}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "data.py"},
        "region": {"startLine": 9, "startColumn": 16, "endLine": 11, "endColumn": 10},
    }
    (related,) = run["results"][0]["relatedLocations"]
    assert related["message"]["text"] == "it is made here"
    assert related["physicalLocation"]["region"]["startLine"] == 6
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes] == [
        f"not read: {UNREAD[0].reason}",
        NOTE[0],
    ]


def test_sarif_fingerprints_follow_the_line(report, project):
    def prints(report):
        (run,) = json.loads(written(report, "sarif"))["runs"]
        return [each["partialFingerprints"]["seedaugFinding/v1"] for each in run["results"]]

    before = prints(report)
    assert len(set(before)) == 3
    again = replace(report, findings=report.findings + report.findings[:1])
    assert len(set(prints(again))) == 4
    (project / "data.py").write_text("# moved\n\n" + DATASET)
    moved = Report((*dataset_findings(shift=2), init_finding()))
    assert prints(moved) == before


def test_sarif_paths(project):
    uris = {
        "a b%#ä.py": "a%20b%25%23%C3%A4.py",
        "/opt/a b.py": "file:///opt/a%20b.py",
    }
    for path, uri in uris.items():
        (run,) = json.loads(written(one("", 1, 2, path=path), "sarif"))["runs"]
        location = run["results"][0]["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == uri
