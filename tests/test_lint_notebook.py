"""Notebooks: their code comes out as Python, each line where it was."""

import ast
import json

import pytest

from seedaug.lint.notebook import NotebookError, plain_python, read_notebook
from seedaug.lint.sources import SourceError, read_source


def notebook(*cells, **more):
    """An nbformat 4 notebook's bytes: strings and lists are code, (type, text) other cells."""
    made = [cell if isinstance(cell, tuple) else ("code", cell) for cell in cells]
    listed = [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in made]
    return json.dumps({"nbformat": 4, "cells": listed, **more}).encode()


def test_code_cells_are_joined_and_lines_found_again(tmp_path):
    cells = ("markdown", "# Data"), "import numpy\n\nx = 1\n", ("raw", "-"), "y = 2", "", "z = 3"
    (tmp_path / "a.ipynb").write_bytes(notebook(*cells))
    source = read_source(tmp_path / "a.ipynb")
    assert source.lines == ["import numpy", "", "x = 1", "y = 2", "", "z = 3"]
    where = [source.cell_of(line) for line in range(1, 7)]
    assert where == [(2, 1), (2, 2), (2, 3), (4, 1), (5, 1), (6, 1)]
    assert source.remark == ""


def test_sources_as_lists_of_lines():
    text, cells, _ = read_notebook(notebook(["x = 1\n", "y = 2"]))
    assert text == "x = 1\ny = 2"
    assert [(cell.number, cell.first_line) for cell in cells] == [(1, 1)]


def test_version_3():
    cells = [{"cell_type": "heading", "source": "Data"}, {"cell_type": "code", "input": ["x = 1"]}]
    old = {"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": cells}]}
    text, cells, _ = read_notebook(json.dumps(old).encode())
    assert text == "x = 1\nx = 1"
    assert [cell.number for cell in cells] == [2, 4]


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install torch\nx = 1", "pass\nx = 1"),
        ("!pip install \\\n    torch \\\n    numpy\nx = 1", "pass\n\n\nx = 1"),
        ("!echo 'it is\nx = 1", "pass\nx = 1"),
        ("%cd it's\n!echo \"{\nx = (1,\n 2)", "pass\npass\nx = (1,\n 2)"),
        ("if x:\n    !ls\n    %cd ..\ny = 2", "if x:\n    pass\n    pass\ny = 2"),
        ("files = !ls *.png\nx = 1", "files = None\nx = 1"),
        ("here = %pwd", "here = None"),
        ("x?", "pass"),
        ("?x", "pass"),
        ("np.random.rand??", "pass"),
        ("%time x = f(1)", "x = f(1)"),
        ("%timeit -n 10 -r3 f(1)", "f(1)"),
        ("%time", "pass"),
        ("%%time\nx = 1", "\nx = 1"),
        ("\n%%capture out\n!ls\nx = 1", "\n\npass\nx = 1"),
        ("%%bash\nls {\n", "\n\n"),
        ("%%html\n<b>", "\n"),
        ("%%writefile notes.txt\nhello there", "\n"),
        ("%%writefile data/set.py\nx = 1", "\nx = 1"),
        # Python of its own, however much it looks like IPython
        ("x = (a\n     % b)", "x = (a\n     % b)"),
        ('x = """\n%cd\n!ls\n"""', 'x = """\n%cd\n!ls\n"""'),
        ('%cd x\nx = """\n%cd\n"""', 'pass\nx = """\n%cd\n"""'),
        ("# really?\nx = 1", "# really?\nx = 1"),
        ("await f()", "await f()"),
    ],
)
def test_ipythons_syntax(cell, plain):
    lines = plain_python(cell.split("\n"))
    assert lines == plain.split("\n")
    ast.parse("\n".join(lines))


def test_very_many_magics():
    lines = plain_python(["!echo it's"] * 3000 + ["x = (1", "  % 2)"])
    assert set(lines[:3000]) == {"pass"}
    assert plain_python(["x" * 3000 + "?"]) == ["x" * 3000 + "?"]


def test_a_cell_that_is_not_python(tmp_path):
    text, cells, remark = read_notebook(notebook("x = 1", "print 'a'\ny = 2", "z = 3"))
    assert text == "x = 1\n\n\nz = 3"
    assert [cell.first_line for cell in cells] == [1, 2, 4]
    assert remark == "left out, not Python 3: cell 2"
    text, cells, remark = read_notebook(notebook("x = 1", *["1 2"] * 6))
    assert remark == "left out, not Python 3: cells 2, 3, 4, 5, 6, …"
    (tmp_path / "a.ipynb").write_bytes(notebook("print 'a'"))
    with pytest.raises(SourceError, match="no code cell of it is Python 3"):
        read_source(tmp_path / "a.ipynb")


@pytest.mark.parametrize(
    ("about", "text"),
    [
        ({}, "x = 1"),
        ({"language_info": {"name": "python"}}, "x = 1"),
        ({"language_info": {"name": "ipython3"}}, "x = 1"),
        ({"kernelspec": {"language": "R"}}, ""),
        ({"language_info": {"name": "julia"}}, ""),
        ([], "x = 1"),
    ],
)
def test_other_languages_have_no_code(about, text):
    assert read_notebook(notebook("x = 1", metadata=about))[0] == text


def test_odd_cells():
    odd = {"cells": [1, {"cell_type": "code"}, {"cell_type": "code", "source": "s = '\ud83d\0'"}]}
    text, cells, _ = read_notebook(json.dumps(odd).encode())
    assert text == "\ns = '? '"
    assert [cell.number for cell in cells] == [2, 3]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"{", "Expecting property name enclosed in double quotes on line 1"),
        (b'{\n<<<<<<< HEAD\n "cells": []}', "merge conflict marks on line 2"),
        (b"\xff\xfe{}", "it is not UTF-8"),
        (b"[1]", "its JSON is not an object"),
        (b"{}", "it has no list of cells"),
        (b'{"cells": 3}', "it has no list of cells"),
        (b'{"worksheets": 3}', "its worksheets are not objects"),
        (b"[" * 100_000, "its JSON is nested too deeply"),
        (b'{"cells": ' + b"1" * 5000 + b"}", "Exceeds the limit"),
    ],
)
def test_what_is_no_notebook(data, why):
    with pytest.raises(NotebookError, match=rf"^not a notebook: {why}"):
        read_notebook(data)
