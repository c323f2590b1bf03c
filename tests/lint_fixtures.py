"""A project with known findings, and a stand-in engine; and the real engine on small projects."""

import json
import re
import sys
import types
from pathlib import Path

import pytest

from seedaug.lint.findings import Finding, Fix, Place, Report, Severity, Unread
from seedaug.lint.reasons import reason
from seedaug.lint.settings import Settings
from seedaug.lint.sources import read_source, shown

DATASET = """\
import numpy as np


class Photos:
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return self.rng.normal(
            0, 1
        ) + np.random.normal()
"""

INIT = """\
import numpy as np


def seed_worker(worker_id):
    np.random.seed(42 + worker_id)  # differs by worker
"""

HELD = "draws from `self.rng`, which was made before the workers"
GLOBAL = "draws from NumPy's global generator in `Photos.__getitem__`"


def dataset_findings(path="data.py", shift=0):
    """Those of `DATASET`: one over several lines with a note, one on one line."""
    made = Place(path, 6 + shift, 20, 6 + shift, 44)
    return [
        Finding(
            Place(path, 9 + shift, 16, 11 + shift, 10),
            "SDA101",
            Severity.ERROR,
            HELD,
            ((made, "it is made here"),),
        ),
        Finding(Place(path, 11 + shift, 13, 11 + shift, 31), "SDA102", Severity.WARNING, GLOBAL),
    ]


def init_finding(path="init.py"):
    """That of `INIT`."""
    place = Place(path, 5, 5, 5, 35)
    said = "seeds by the worker's number"
    return Finding(place, "SDA302", Severity.ERROR, said, fix=Fix("torch-seed"))


def engine(paths, settings, progress=None):
    """Stands in for `engine.analyse`: findings by a file's name, if it still has them."""
    findings, unread = [], []
    for done, path in enumerate(paths):
        try:
            text = read_source(path).text
            compile(text, path.name, "exec")
        except (SyntaxError, ValueError, OSError) as error:
            unread.append(Unread(shown(path), reason(error)))
            continue
        if path.stem.startswith("data"):
            findings += dataset_findings(shown(path))
        elif path.stem.startswith("init") and "worker_id)  #" in text:
            findings.append(init_finding(shown(path)))
        if progress:
            progress(done + 1, len(paths))
    return Report(tuple(findings), tuple(unread), len(paths) - len(unread))


def write_notebook(path, *cells):
    """A notebook whose first cell is a heading."""
    listed = [{"cell_type": "markdown", "source": "# Data"}]
    listed += [{"cell_type": "code", "source": cell} for cell in cells]
    path.write_text(json.dumps({"nbformat": 4, "cells": listed}))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the two files, the current one; its findings come from `engine`."""
    stub = types.ModuleType("seedaug.lint.engine")
    stub.analyse = engine
    monkeypatch.setitem(sys.modules, "seedaug.lint.engine", stub)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "data.py").write_text(DATASET)
    (tmp_path / "init.py").write_text(INIT)
    return tmp_path


# The real engine

HEAD = """\
import random
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset
"""


def files(text, head=HEAD):
    """The files of a project written as one text: each begins at a line `--- its/path.py`.

    What comes before the first such line is `a.py`; each Python file begins with `head`.
    """
    first, *rest = re.split(r"^--- (.+)\n", text, flags=re.MULTILINE)
    found = {"a.py": first} if first.strip() else {}
    found.update(zip(rest[::2], rest[1::2], strict=True))
    return {path: head + code if path.endswith(".py") else code for path, code in found.items()}


def marked(texts):
    """The findings that the texts ask for, by `#! SDA101` at the ends of lines."""
    return [
        (code, path, number)
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        for code in line.partition("#! ")[2].split()
    ]


@pytest.fixture
def report(tmp_path, monkeypatch):
    """Writes files and lints them, or the `asked` ones of them; gives the engine's report."""
    # The linter looks at names of folders near a file; those of pytest have the test's name.
    root = tmp_path / "here" / "lies"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)

    def run(texts, asked=None, progress=None, **settings):
        from seedaug.lint.engine import analyse  # late: `project` puts another in its place

        for path, text in texts.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        paths = [Path(path) for path in (texts if asked is None else asked)]
        return analyse(paths, Settings(**{"jobs": 1, **settings}), progress)

    return run


@pytest.fixture
def findings(report):
    """The same, as a list of (code, path, line)."""

    def run(texts, **options):
        found = report(texts, **options)
        assert found.unread == ()
        return [(one.code, one.place.path, one.place.line) for one in found.findings]

    return run
