"""Projects of many files: imports, what is asked and what is followed, order, places, processes."""

import json
from pathlib import Path

import pytest
from lint_fixtures import HEAD, files, findings, marked, report

from seedaug.lint import engine, scan
from seedaug.lint.settings import Settings

__all__ = ["findings", "report"]

NOISE = """\
class Noise:
    def __init__(self, source):
        self.source = source

    def draw(self):
        return self.source.normal()  #! SDA101
"""

# A dataset in one file draws through a class of another one, which the import has to lead to.
PHOTOS = """\
{line}

class Photos(Dataset):
    def __init__(self):
        self.noise = {name}(np.random.default_rng(0))

    def __getitem__(self, index):
        return self.noise.draw()
"""

IMPORTS = {
    "beside": ("photos.py", "from noise import Noise", "Noise", "noise.py"),
    "whole": ("photos.py", "import noise", "noise.Noise", "noise.py"),
    "whole-renamed": ("photos.py", "import noise as n", "n.Noise", "noise.py"),
    "star": ("photos.py", "from noise import *", "Noise", "noise.py"),
    "in-a-try": (
        "photos.py",
        "try:\n    from noise import Noise\nexcept ImportError:\n    Noise = None",
        "Noise",
        "noise.py",
    ),
    "package": ("photos.py", "from pkg.noise import Noise", "Noise", "pkg/noise.py"),
    "package-module": ("photos.py", "from pkg import noise", "noise.Noise", "pkg/noise.py"),
    "package-itself": ("photos.py", "from pkg import Noise", "Noise", "pkg/__init__.py"),
    "relative": ("pkg/photos.py", "from .noise import Noise", "Noise", "pkg/noise.py"),
    "relative-module": ("pkg/photos.py", "from . import noise", "noise.Noise", "pkg/noise.py"),
    "relative-package": ("pkg/photos.py", "from . import Noise", "Noise", "pkg/__init__.py"),
    "relative-up": ("pkg/in/photos.py", "from ..noise import Noise", "Noise", "pkg/noise.py"),
    "relative-down": ("pkg/photos.py", "from .in_.noise import Noise", "Noise", "pkg/in_/noise.py"),
    "relative-up-and-down": (
        "pkg/one/photos.py",
        "from ..two.noise import Noise",
        "Noise",
        "pkg/two/noise.py",
    ),
    "absolute-from-within": (
        "pkg/in/photos.py",
        "from pkg.noise import Noise",
        "Noise",
        "pkg/noise.py",
    ),
    "script-in-folder": ("tools/photos.py", "from pkg.noise import Noise", "Noise", "pkg/noise.py"),
    "src-layout": ("train/photos.py", "from pkg.noise import Noise", "Noise", "src/pkg/noise.py"),
    "src-layout-within": (
        "src/pkg/photos.py",
        "from pkg.noise import Noise",
        "Noise",
        "src/pkg/noise.py",
    ),
    "sys-path": ("train/photos.py", "from noise import Noise", "Noise", "lib/deep/noise.py"),
    "renamed-checkout": ("photos.py", "from coolrepo.noise import Noise", "Noise", "noise.py"),
    "renamed-package": (
        "tools/photos.py",
        "from coolrepo.pkg.noise import Noise",
        "Noise",
        "pkg/noise.py",
    ),
}


@pytest.mark.parametrize(("path", "line", "name", "target"), IMPORTS.values(), ids=IMPORTS)
@pytest.mark.parametrize("packages", ["namespace", "with-init"])
def test_imports_are_followed(findings, path, line, name, target, packages):
    texts = {path: HEAD + PHOTOS.format(line=line, name=name), target: HEAD + NOISE}
    if packages == "with-init":
        for one in ("pkg/__init__.py", "pkg/in/__init__.py", "pkg/in_/__init__.py"):
            if any(each.startswith(one.rpartition("/")[0] + "/") for each in (path, target)):
                texts.setdefault(one, "")
    assert findings(texts) == marked(texts)


def test_classes_imported_under_another_name(findings):
    line = "from noise import Noise as N"
    texts = {"photos.py": HEAD + PHOTOS.format(line=line, name="N"), "noise.py": HEAD + NOISE}
    assert findings(texts) == marked(texts)


@pytest.mark.parametrize(
    "init",
    [
        pytest.param({"pkg/__init__.py": ""}, id="with-init"),
        pytest.param(
            {},
            id="namespace",
        ),
    ],
)
def test_packages_imported_whole(findings, init):
    photos = PHOTOS.format(line="import pkg.noise", name="pkg.noise.Noise")
    texts = {"photos.py": HEAD + photos, "pkg/noise.py": HEAD + NOISE, **init}
    assert findings(texts) == marked(texts)


RE_EXPORTS = {
    "name": "from .inner import Noise\n",
    "renamed": "from .inner import Noise as Other\nNoise = Other\n",
    "star": "from .inner import *\n",
    "with-all": "from .inner import Noise\n__all__ = ['Noise']\n",
    "through-another": "from .between import Noise\n",
}


@pytest.mark.parametrize("init", RE_EXPORTS.values(), ids=RE_EXPORTS)
def test_names_passed_on_by_packages(findings, init):
    line = "from pkg import Noise"
    texts = {
        "photos.py": HEAD + PHOTOS.format(line=line, name="Noise"),
        "pkg/__init__.py": init,
        "pkg/between.py": "from pkg.inner import Noise\n",
        "pkg/inner.py": HEAD + NOISE,
    }
    assert findings(texts) == marked(texts)


def test_imports_in_functions(findings):
    photos = PHOTOS.format(line="", name="Noise")
    photos = photos.replace("self):\n", "self):\n        from noise import Noise\n", 1)
    texts = {"photos.py": HEAD + photos, "noise.py": HEAD + NOISE}
    assert findings(texts) == marked(texts)


def test_files_that_import_each_other(findings):
    texts = files("""\
--- one.py
from two import Noise
class Photos(Dataset):
    def __init__(self):
        self.noise = Noise(np.random.default_rng(0))
    def __getitem__(self, index):
        return self.noise.draw()
--- two.py
from one import Photos
class Noise:
    def __init__(self, source):
        self.source = source
    def draw(self):
        return self.source.normal()  #! SDA101
""")
    assert findings(texts) == marked(texts)


def test_a_file_that_imports_itself(findings):
    texts = {"noise.py": "from noise import *\nfrom noise import Noise\n" + HEAD + NOISE}
    assert findings(texts) == []


def test_libraries_are_not_looked_for_in_the_project(findings):
    texts = files("""\
--- photos.py
import random
class Photos(Dataset):
    def __getitem__(self, index):
        return random.random()
--- lib/random.py
def random():
    return np.random.normal()
""")
    assert findings(texts) == []


def test_projects_side_by_side_stay_apart(findings):
    one = PHOTOS.format(line="from noise import Noise", name="Noise")
    harmless = NOISE.replace("self.source.normal()  #! SDA101", "self.source")
    texts = {
        "a/photos.py": HEAD + one,
        "a/noise.py": HEAD + harmless,
        "b/photos.py": HEAD + one,
        "b/noise.py": HEAD + NOISE,
        "c/other.py": HEAD + NOISE.replace("  #! SDA101", ""),
    }
    assert findings(texts) == marked(texts)


@pytest.mark.parametrize("sign", ["pyproject.toml", "requirements.txt", ".git/HEAD"])
def test_what_lies_in_another_project_is_not_imported(report, sign):
    texts = {
        f"a/{sign}": "",
        f"b/{sign}": "",
        "a/photos.py": HEAD + PHOTOS.format(line="from noise import Noise", name="Noise"),
        "b/lib/noise.py": HEAD + NOISE,
    }
    assert report(texts, asked=["a/photos.py", "b/lib/noise.py"]).findings == ()


def test_ranks_of_one_project_are_not_those_of_another(findings):
    texts = files("""\
--- a/train.py
torch.distributed.init_process_group("nccl")
--- b/train.py
class Photos(Dataset):
    def __getitem__(self, index):
        return random.random()
torch.manual_seed(0)
""")
    assert findings(texts) == []


def test_only_asked_files_are_reported_and_the_others_followed(findings):
    texts = files("""\
--- data.py
from noise import Noise
class Photos(Dataset):
    def __init__(self, rng):
        self.noise, self.inner = Noise(rng), rng
    def __getitem__(self, index):
        return self.inner.normal() + self.noise.draw()
--- noise.py
class Noise:
    def __init__(self, source):
        self.source = source
    def draw(self):
        return self.source.normal()
--- train.py
from data import Photos
photos = Photos(np.random.default_rng(0))
""")
    inner, deep = ("SDA101", "data.py", 10), ("SDA101", "noise.py", 9)
    assert findings(texts) == [inner, deep]
    assert findings(texts, asked=["noise.py"]) == []
    assert findings(texts, asked=["train.py"]) == []
    assert findings(texts, asked=["data.py", "train.py"]) == [inner]


def test_a_class_outside_of_what_is_asked_says_what_it_is(findings):
    texts = files("""\
--- photos.py
from lib.base import Base
class Photos(Base):
    def fetch(self, index):
        return self.source.normal()  #! SDA101
--- lib/base.py
class Base(Dataset):
    def __init__(self):
        self.source = np.random.default_rng(0)
    def __getitem__(self, index):
        return self.fetch(index)
""")
    assert findings(texts, asked=["photos.py"]) == marked(texts)


def notebook(*cells):
    code = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code})


def test_notebooks_import_modules(findings):
    texts = {
        "noise.py": HEAD + NOISE,
        "try.ipynb": notebook(
            HEAD, "%matplotlib inline\n" + PHOTOS.format(line="from noise import *", name="Noise")
        ),
    }
    assert findings(texts) == marked({"noise.py": texts["noise.py"]})


def test_notebooks_have_findings_too(findings):
    cell = (
        "class Photos(Dataset):\n    def __getitem__(self, index):\n        return noise(index)\n"
    )
    noise = "def noise(index):\n    return np.random.normal()\n"
    assert findings({"try.ipynb": notebook(HEAD, noise, cell)}) == [("SDA102", "try.ipynb", 6)]


def draws(count):
    body = "".join("        one = np.random.normal()\n" for _ in range(count))
    return f"{HEAD}class Photos(Dataset):\n    def __getitem__(self, index):\n{body}"


def test_findings_come_in_the_order_of_files_asked_and_of_lines(findings):
    texts = {"b.py": draws(2), "a.py": draws(1), "c/a.py": draws(1)}
    lines = [("b.py", 7), ("b.py", 8), ("a.py", 7), ("c/a.py", 7)]
    assert findings(texts) == [("SDA102", *line) for line in lines]
    assert findings(texts, asked=["c/a.py", "a.py", "b.py"]) == [
        ("SDA102", *lines[at]) for at in (3, 2, 0, 1)
    ]


def test_paths_are_relative_where_they_can_be(report, tmp_path, monkeypatch):
    texts = {"in/a.py": draws(1), "b.py": draws(1)}
    report(texts)
    monkeypatch.chdir("in")
    found = engine.analyse([Path("a.py"), Path("../b.py")], Settings(jobs=1)).findings
    assert [one.place.path for one in found] == ["a.py", str(tmp_path / "here/lies/b.py")]


def test_places_are_spans_in_characters(report):
    texts = files("""\
class Photos(Dataset):
    rng = {"é": np.random.default_rng(0)}["é"]

    def __getitem__(self, index):
        return "größe — 😀", self.rng.normal(
            "ü", 1), "ß"
""")
    (one,) = report(texts).findings
    place = one.place
    lines = texts["a.py"].splitlines()
    assert (place.line, place.column) == (9, lines[8].index("self.rng") + 1)
    assert (place.end_line, place.end_column) == (10, lines[9].index(")") + 2)
    ((made, _),) = one.related
    assert (made.line, made.column) == (6, lines[5].index("np.random") + 1)
    assert (made.end_line, made.end_column) == (6, lines[5].index("}") + 1)


def test_files_are_counted_and_unread_ones_named(report):
    texts = {"a.py": draws(1), "b.py": "print 'x'\n", "c.py": "", "d.py": "def :\n"}
    found = report(texts)
    assert found.files == 2
    assert [one.path for one in found.unread] == ["b.py", "d.py"]
    assert [one.place.path for one in found.findings] == ["a.py"]


def test_nothing_asked(report):
    found = report({})
    assert (found.findings, found.unread, found.files) == ((), (), 0)


def test_settings_choose_rules_by_file(findings):
    texts = {"a.py": draws(1), "b.py": draws(1)}
    assert findings(texts, ignore=("SDA102",)) == []
    kept = findings(texts, per_file_ignores=(("a.py", ("SDA1",)),))
    assert kept == [("SDA102", "b.py", 7)]


def many(count):
    """A project of one folder, whose files import from each other."""
    texts = {"noise.py": HEAD + NOISE}
    for number in range(count):
        line = "from noise import Noise"
        text = HEAD + PHOTOS.format(line=line, name="Noise")
        texts[f"photos{number}.py"] = text.replace("Photos", f"Photos{number}")
    return texts


@pytest.mark.parametrize("count", [1, 60])
def test_progress_is_told_of_every_file(report, count):
    told = []
    report(many(count), progress=lambda done, total: told.append((done, total)))
    assert told == [(done, count + 1) for done in range(1, count + 2)]


def test_processes_make_no_difference(report):
    texts = {f"{part}/{path}": text for part in "abc" for path, text in many(30).items()}
    one, two = report(texts), report(texts, jobs=2)
    assert one == two
    assert len(one.findings) == 3
    assert one.files == 93


# Not how long it takes, but how much is done


@pytest.fixture
def parsed(monkeypatch):
    """The names of the files that are parsed, as often as they are."""
    names = []
    extract = scan.extract

    def noted(tree, path):
        names.append(Path(path).name)
        return extract(tree, path)

    monkeypatch.setattr(scan, "extract", noted)
    return names


def test_each_file_is_parsed_once(report, parsed):
    texts = many(40)
    report(texts)
    assert sorted(parsed) == sorted(texts)


def test_a_file_outside_of_what_is_asked_is_parsed_once(report, parsed):
    texts = many(40)
    report(texts, asked=[path for path in texts if path != "noise.py"])
    assert sorted(parsed) == sorted(texts)


def test_what_cannot_matter_is_left_out(report, parsed):
    dull = "".join(f"value_{number} = {number}\n" for number in range(200))
    assert report({"dull.py": dull, "a.py": draws(1)}).files == 2
    assert parsed == ["a.py"]


COMMON = """\
class Thing{number}(Base):
    def __init__(self, inner=None):
        super().__init__(inner)
        self.inner = inner

    def run(self, x):
        return self.inner.run(self.load(x)) + self.process(x)

    def load(self, x):
        return self.inner.load(x)

    def process(self, x):
        for one in self.inner:
            x = one(x)
        return x

    def __call__(self, x):
        return self.run(x)

    def __getitem__(self, index):
        return self.process(self.run(index)) + np.random.normal()

things.append(Thing{number}(things[-1]))
"""


def steps_of(report, monkeypatch, classes):
    """How many expressions are looked into in a project of so many classes with common names."""
    from seedaug.lint.infer import Inference

    steps = []
    find = Inference._find
    monkeypatch.setattr(
        Inference, "_find", lambda self, *given: steps.append(1) or find(self, *given)
    )
    text = HEAD + "things = [None]\nclass Base(Dataset):\n    pass\n"
    text += "".join(COMMON.format(number=number) for number in range(classes))
    found = report({"things.py": text}).findings
    monkeypatch.setattr(Inference, "_find", find)
    assert len(found) == classes
    return len(steps)


def test_work_grows_with_the_project_not_with_its_square(report, monkeypatch):
    few, more = (steps_of(report, monkeypatch, classes) for classes in (75, 300))
    assert more < 8 * few  # 4 times the classes; a square would make it 16
