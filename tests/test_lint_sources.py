"""Which files the linter takes, how it reads them, and what it says of those it cannot."""

import ast
import codecs
import os

import pytest

from seedaug.lint import sources
from seedaug.lint.reasons import reason
from seedaug.lint.settings import Settings, UsageError
from seedaug.lint.sources import SourceError, find_sources, read_source, shown


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")


def found(folder, *paths, **settings):
    made = find_sources([folder / path for path in paths or ["."]], Settings(**settings))
    return [path.relative_to(folder).as_posix() for path in made]


def test_python_and_notebooks_in_sorted_order(project):
    make(project, "b.py", "a.py", "c/z.ipynb", "c/a.py", "stub.pyi", "x.pyc", "notes.txt", "B.py")
    assert found(project) == ["B.py", "a.py", "b.py", "c/a.py", "c/z.ipynb"]


@pytest.mark.parametrize(
    "folder",
    [".git", ".venv", "venv", "node_modules", "__pycache__", "build", "site-packages", ".eggs"],
)
def test_folders_that_are_skipped_unless_named(project, folder):
    make(project, "a.py", f"{folder}/b.py", f"inner/{folder}/b.py")
    assert found(project) == ["a.py"]
    assert found(project, folder) == [f"{folder}/b.py"]
    assert found(project, f"{folder}/b.py") == [f"{folder}/b.py"]


def test_an_environment_of_any_name_is_skipped(project):
    make(project, "a.py", "env3/lib/b.py", "env3/pyvenv.cfg")
    assert found(project) == ["a.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("old", ["a.py", "src/new/b.py"]),
        ("src/old", ["a.py", "src/new/b.py"]),
        ("./src/old/", ["a.py", "src/new/b.py"]),
        ("src/*", ["a.py"]),
        ("*.py", []),
        ("b.py", ["a.py"]),
        ("*/b.py", ["a.py"]),
    ],
)
def test_what_is_excluded(project, pattern, left):
    make(project, "a.py", "src/old/b.py", "src/new/b.py")
    assert found(project, root=project, exclude=(pattern,)) == left
    assert found(project, "src/old/b.py", root=project, exclude=(pattern,)) == ["src/old/b.py"]


def test_a_file_is_taken_once(project):
    make(project, "a.py", "src/b.py")
    (project / "0.py").symlink_to("a.py")
    (project / "loop").symlink_to(".")
    (project / "src" / "up").symlink_to("..")
    assert found(project, ".", "src", "a.py", "./src/b.py") == ["a.py", "src/b.py"]
    assert found(project, "src", ".") == ["src/b.py", "a.py"]
    assert found(project, "loop/src") == ["loop/src/b.py"]


def test_a_path_that_does_not_exist(project):
    with pytest.raises(UsageError, match=r"^nowhere\.py: there is no such file or folder$"):
        find_sources([project / "nowhere.py"], Settings())


def test_a_folder_that_cannot_be_listed(project, monkeypatch):
    make(project, "a.py", "closed/b.py")
    real = os.scandir

    def scandir(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    unread = []
    assert find_sources([project], Settings(), unread) == [project / "a.py"]
    (one,) = unread
    assert (one.path, one.reason) == ("closed", "the folder cannot be listed: Permission denied")


def test_paths_are_shown_from_here(project, tmp_path_factory):
    assert shown(project / "src" / "a.py") == "src/a.py"
    assert shown(project / "src" / ".." / "a.py") == "a.py"
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a.py"
    assert shown(elsewhere) == elsewhere.as_posix()


# Reading


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("é = 1\n".encode(), "é = 1\n"),
        (codecs.BOM_UTF8 + b"x = 1\n", "x = 1\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), None),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'€'\n".encode("cp1252"), None),
        ("# coding: gbk\n'中'\n".encode("gbk"), None),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"a\x0cb\n", "a\x0cb\n"),
    ],
)
def test_encodings(project, data, text):
    (project / "a.py").write_bytes(data)
    source = read_source(project / "a.py")
    assert source.cells == ()
    assert source.cell_of(1) is None
    if text is not None:
        assert source.text == text
    else:
        assert any(letter in source.text for letter in "é€中")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"x = 1\ny = '\xe9'\n", "not UTF-8 (byte 0xe9 on line 2), and declares no other encoding"),
        (b"a = 1\nb = 2\nc = 3\n'\xff'\n", "not UTF-8 (byte 0xff on line 4)"),
        (b"# coding: ascii\n'\xe9'\n", "not ASCII (byte 0xe9 on line 2), as it declares"),
        (b"# coding: klingon\n", "Python cannot decode it: unknown encoding: klingon"),
        (b"# coding: rot13\n", "Python cannot decode it: 'rot13' is not a text encoding"),
        (b"x = '\0'\n", "it has null bytes, so it is not source code"),
        ("x = 1\n".encode("utf-16"), "it is UTF-16, which Python does not read"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "Python cannot decode it: "),
    ],
)
def test_text_that_cannot_be_decoded(project, data, why):
    (project / "a.py").write_bytes(data)
    with pytest.raises(SourceError) as raised:
        read_source(project / "a.py")
    assert str(raised.value).startswith(why)
    assert reason(raised.value) == str(raised.value)


def test_large_files(project, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST", 10)
    (project / "a.py").write_bytes(b"x" * 11)
    with pytest.raises(SourceError, match=r"^larger than 4 MB$"):
        read_source(project / "a.py")
    monkeypatch.setattr(sources, "LARGEST_NOTEBOOK", 10)
    (project / "a.ipynb").write_bytes(b"x" * 11)
    with pytest.raises(SourceError, match=r"^larger than 64 MB$"):
        read_source(project / "a.ipynb")


def test_what_is_no_file(project):
    (project / "folder.py").mkdir()
    os.mkfifo(project / "pipe.py")
    (project / "dangling.py").symlink_to("gone.py")
    (project / "circle.py").symlink_to("circle.py")
    make(project, "folder.py/a.py")
    names = found(project)
    assert names == ["circle.py", "dangling.py", "folder.py/a.py", "pipe.py"]
    said = {}
    for name in [*names, "folder.py"]:
        try:
            read_source(project / name)
        except (SourceError, OSError) as error:
            said[name] = reason(error)
    assert said == {
        "circle.py": "it cannot be read: Too many levels of symbolic links",
        "dangling.py": "it cannot be read: No such file or directory",
        "pipe.py": "it is not a regular file",
        "folder.py": "it is a folder",
    }


def test_a_large_notebook_is_read_for_its_code(project, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST", 3)
    cell = '{"cell_type": "code", "source": "x = 1"}'
    (project / "a.ipynb").write_text(f'{{"cells": [{cell}]}}')
    with pytest.raises(SourceError, match="its code is larger than 4 MB"):
        read_source(project / "a.ipynb")


# Reasons


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("x = 1\nprint 'a'\n", "Python 2 source: print statement on line 2"),
        ("print x\n", "Python 2 source: print statement on line 1"),
        ("exec 'x'\n", "Python 2 source: exec statement on line 1"),
        ("try:\n  x\nexcept A, e:\n  y\n", "Python 2 source: `except A, b:` on line 3"),
        ("raise E, 'x'\n", "Python 2 source: `raise A, b` on line 1"),
        ("a <> b\n", "Python 2 source: `<>` on line 1"),
        ("`x`\n", "Python 2 source: backticks on line 1"),
        ("ur'x'\n", "Python 2 source: `ur` string on line 1"),
        ("x = 10L\n", "Python 2 source: long integer on line 1"),
        ("x = 0777\n", "Python 2 source: octal number with a leading 0 on line 1"),
        ("def f((a, b)): pass\n", "Python 2 source: parameter in brackets on line 1"),
        ("if x:\n\ty\n        z\n", "tabs and spaces are mixed in the indentation on line 3"),
        ("x\n<<<<<<< HEAD\ny\n=======\n", "merge conflict marks on line 2"),
        ("x = [\n1,\n>>>>>>> topic\n]\n", "merge conflict marks on line 3"),
        ("(" * 300 + ")" * 300, "nested too deeply for Python's parser"),
        ("x = " + "+".join("1" * 50_000), "nested too deeply for Python's parser"),
        ("x = " + "-" * 5_000 + "1", "nested too deeply for Python's parser"),
        ("x = (\n", "SyntaxError: '(' was never closed on line 1"),
        ("x = = 2\n", "SyntaxError: invalid syntax on line 1"),
        ("  x\n", "IndentationError: unexpected indent on line 1"),
        ("print(a b)\n", "SyntaxError: invalid syntax"),
    ],
)
def test_reasons_of_what_does_not_parse(code, why):
    with pytest.raises((SyntaxError, RecursionError, MemoryError)) as raised:
        ast.parse(code)
    for text in (code, ""):
        assert reason(raised.value, text).startswith(why)
        assert "\n" not in reason(raised.value, text)


def test_other_reasons():
    assert reason(MemoryError()) == "nested too deeply for Python's parser"
    assert reason(PermissionError(13, "Permission denied")) == (
        "it cannot be read: Permission denied"
    )
    assert reason(OSError("odd")) == "it cannot be read: OSError"
    assert reason(ValueError("a\nb")) == "it cannot be parsed: a b"
