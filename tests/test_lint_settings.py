"""Settings: what pyproject.toml and the command line say, and what is wrong with it."""

import importlib
from pathlib import Path

import pytest

from seedaug.lint.findings import RULES, Severity
from seedaug.lint.settings import Settings, UsageError, codes, read_settings

DEFAULT = {code for code, rule in RULES.items() if rule.default}


@pytest.fixture
def project(tmp_path):
    """Writes a project's pyproject.toml and returns its folder."""

    def write(text, folder="."):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "pyproject.toml").write_text(text)
        return tmp_path

    return write


# Rules


def test_what_is_on_by_default():
    assert Settings().chosen == DEFAULT
    assert "SDA111" not in DEFAULT


@pytest.mark.parametrize(
    ("named", "found"),
    [
        (["SDA101"], {"SDA101"}),
        (["sda101"], {"SDA101"}),
        (["SDA3"], {"SDA301", "SDA302", "SDA303", "SDA304", "SDA305"}),
        (["SDA40", "SDA201"], {"SDA401", "SDA402", "SDA201"}),
        (["ALL"], set(RULES)),
        (["SDA"], set(RULES)),
        ([], set()),
    ],
)
def test_codes_and_their_beginnings(named, found):
    assert codes(named) == found


@pytest.mark.parametrize(
    ("name", "hint"),
    [("SDA901", "; did you mean 'SDA"), ("E501", ""), ("", ""), (" ", ""), ("SAD101", "; did")],
)
def test_rules_that_there_are_not(name, hint):
    with pytest.raises(UsageError) as raised:
        codes([name])
    assert str(raised.value).startswith(f"there is no rule {name!r}{hint}")


@pytest.mark.parametrize(
    ("given", "on"),
    [
        ({"select": ("SDA1",)}, {c for c in RULES if c.startswith("SDA1")}),
        ({"ignore": ("SDA3", "SDA4")}, {c for c in DEFAULT if c < "SDA3"}),
        ({"extend_select": ("SDA111",)}, DEFAULT | {"SDA111"}),
        ({"select": ("ALL",), "ignore": ("SDA",)}, set()),
        ({"select": ("SDA101",), "extend_select": ("SDA102",)}, {"SDA101", "SDA102"}),
    ],
)
def test_selecting_and_ignoring(given, on):
    assert Settings(**given).chosen == on


def test_ignores_for_some_files(tmp_path):
    ignores = (("tests/*", ("SDA1",)), ("old.py", ("ALL",)))
    settings = Settings(root=tmp_path, per_file_ignores=ignores)
    assert settings.wants("SDA101")
    assert settings.wants("SDA101", tmp_path / "src" / "a.py")
    assert not settings.wants("SDA101", tmp_path / "tests" / "inner" / "a.py")
    assert settings.wants("SDA201", tmp_path / "tests" / "a.py")
    assert not settings.wants("SDA201", tmp_path / "src" / "old.py")
    assert not settings.wants("SDA111", tmp_path / "src" / "a.py")


@pytest.mark.parametrize(
    ("torch", "old"),
    [
        ("1.9+", False),
        ("1.8", True),
        ("1.8.1", True),
        (">=1.4", True),
        ("0.4+", True),
        ("1.10", False),
    ],
)
def test_the_oldest_torch_decides_what_repeats(torch, old):
    settings = Settings(torch=torch)
    assert settings.severity("SDA102") is (Severity.ERROR if old else Severity.WARNING)
    assert settings.severity("SDA103") is Severity.WARNING
    assert settings.severity("SDA101") is Severity.ERROR


def test_processes():
    assert Settings(jobs=3).processes == 3
    assert Settings().processes >= 1


# Files


FULL = """
[tool.seedaug.lint]
select = ["SDA1", "SDA2"]
ignore = ["SDA105"]
extend-select = ["SDA401"]
exclude = ["third_party"]
torch = "1.8"
jobs = 2
[tool.seedaug.lint.per-file-ignores]
"tests/*" = ["SDA201"]
"""


def test_a_file_says_it_all(project):
    root = project(FULL)
    (root / "src").mkdir()
    assert read_settings([root / "src"]) == Settings(
        select=("SDA1", "SDA2"),
        ignore=("SDA105",),
        extend_select=("SDA401",),
        exclude=("third_party",),
        torch="1.8",
        jobs=2,
        per_file_ignores=(("tests/*", ("SDA201",)),),
        root=root,
    )


def test_the_command_line_goes_first(project):
    root = project(FULL)
    given = {"select": ("SDA3",), "extend_select": ("SDA402",), "ignore": None, "torch": "2.0"}
    settings = read_settings([root], **given)
    assert settings.select == ("SDA3",)
    assert settings.extend_select == ("SDA401", "SDA402")
    assert settings.ignore == ("SDA105",)
    assert settings.torch == "2.0"


def test_the_nearest_file_with_the_table_counts(project):
    project(FULL)
    root = project("[project]\nname = 'inner'  # not seedaug's\n", "inner")
    project("[tool.seedaug.lint]\njobs = 7\n", "other")
    assert read_settings([root / "inner"]).jobs == 2
    assert read_settings([root / "inner"]).root == root
    assert read_settings([root / "other"]).jobs == 7
    assert read_settings([root / "other", root / "inner"]).jobs == 2
    assert read_settings([root / "other" / "pyproject.toml"]).jobs == 7


def test_no_file(project):
    root = project(FULL)
    settings = read_settings([root], no_config=True)
    assert settings == Settings(root=root)
    other = root / "lint.toml"
    other.write_text("[tool.seedaug.lint]\njobs = 9\n")
    assert read_settings([root], config=other).jobs == 9


def test_the_root_without_settings(tmp_path):
    (tmp_path / "project" / ".git").mkdir(parents=True)
    inner = tmp_path / "project" / "src"
    inner.mkdir()
    assert read_settings([inner], no_config=True).root == tmp_path / "project"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('selct = ["SDA1"]', "has no key 'selct'; did you mean 'select'?"),
        ("extend_select = []", "has no key 'extend_select'; did you mean 'extend-select'?"),
        ("zzz = 1", "has no key 'zzz'; there are select, ignore, "),
        ("root = 'x'", "has no key 'root'"),
        ('select = "SDA1"', "select: must be a list of strings, got 'SDA1'"),
        ("select = [1]", "select: must be a list of strings"),
        ('ignore = ["SDA909"]', "ignore: there is no rule 'SDA909'; did you mean"),
        ("torch = 1.8", 'torch: must be a string such as "1.8", got 1.8'),
        ('torch = "old"', "torch: torch = 'old': give the oldest version"),
        ("jobs = -1", "jobs: must be a whole number, 0 or more, got -1"),
        ("jobs = true", "jobs: must be a whole number"),
        ("per-file-ignores = []", "per-file-ignores: must be a table"),
        ('per-file-ignores = {"a" = ["X"]}', "per-file-ignores.'a': there is no rule 'X'"),
        ("exclude = 3", "exclude: must be a list of strings"),
        ("= 3", "it is not valid TOML: "),
    ],
)
def test_what_is_wrong_in_a_file(project, text, why):
    root = project(f"[tool.seedaug.lint]\n{text}\n")
    with pytest.raises(UsageError) as raised:
        read_settings([root])
    assert str(raised.value).startswith(str(root / "pyproject.toml"))
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("given", "why"),
    [({"select": ("SDA9",)}, "there is no rule 'SDA9'"), ({"torch": "x"}, "torch = 'x': give")],
)
def test_what_is_wrong_on_the_command_line(tmp_path, given, why):
    with pytest.raises(UsageError, match=why):
        read_settings([tmp_path], **given)


def test_a_config_without_the_table(tmp_path):
    (tmp_path / "x.toml").write_text("")
    with pytest.raises(UsageError, match=r"there is no table \[tool.seedaug.lint\] in it"):
        read_settings([tmp_path], config=tmp_path / "x.toml")
    with pytest.raises(UsageError, match=r"y\.toml: it cannot be read"):
        read_settings([tmp_path], config=tmp_path / "y.toml")
    (tmp_path / "z.toml").write_text("tool.seedaug.lint = 3")
    with pytest.raises(UsageError, match=r"\[tool.seedaug.lint\] must be a table"):
        read_settings([tmp_path], config=tmp_path / "z.toml")


def test_python_3_10_without_tomli(project, monkeypatch):
    root = project(FULL)

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UsageError, match=r"Python 3\.10 cannot read it by itself; `pip install"):
        read_settings([root])
    project("[project]\nname = 'other'\n")
    assert read_settings([root]).jobs == 0


def test_a_file_that_may_not_be_read(project, monkeypatch):
    root = project(FULL)

    def closed(self, encoding):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(UsageError, match=r"it cannot be read: .*Permission denied"):
        read_settings([root])
