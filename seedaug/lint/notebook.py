"""Jupyter notebooks: their code cells as one text of Python, line for line."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Cell", "NotebookError", "read_notebook"]

# Cell magics whose cell is Python that runs here (or, for writefile, is kept as a module).
PYTHON_CELL = re.compile(
    r"%%(?:time|timeit|capture|prun|memit|mprun|px|python3?|"
    r"(?:writefile|file)\b.*\.py)\b"
)
TIMED = re.compile(r"(\s*)%time(?:it)?\s+(?:-\w+\s*\d*\s+)*(?=\S)")
MAGIC = re.compile(r"\s*[%!?]|.*\?\??\s*$")  # a statement of IPython's own
MANY = 100  # such lines in a cell
ASSIGNED = re.compile(r"(\s*[\w.,\s\[\]'\"]+=\s*)[%!]")  # `files = !ls`, `here = %pwd`


class NotebookError(ValueError):
    """A file that is not a notebook; its text is the reason, in one line."""


@dataclass(frozen=True)
class Cell:
    """Where a code cell stands.

    Args:
        number: in the notebook, from 1, counting cells of every kind.
        first_line: in the joined text, from 1.
    """

    number: int
    first_line: int


def read_notebook(data: bytes) -> tuple[str, tuple[Cell, ...], str]:
    """The joined code of a notebook (nbformat 3 or 4), its cells, and what was left out of it.

    Lines stay where they are: IPython's magics become `pass` or `None`, other languages blank
    lines. A cell that is not Python even so is blank too, and the remark names it. A notebook of
    another language has no code.

    Raises:
        NotebookError: it is not a notebook, or no cell of it is Python 3.
    """
    cells, pieces, wrong = [], [], []
    line = 1
    for number, code in _code_cells(_load(data)):
        lines = plain_python(code.split("\n"))
        try:
            _parse(lines)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            wrong.append(number)
            lines = [""] * len(lines)
        cells.append(Cell(number, line))
        pieces += lines
        line += len(lines)
    if wrong and len(wrong) == len(cells):
        raise NotebookError("no code cell of it is Python 3")
    return "\n".join(pieces), tuple(cells), _remark(wrong)


def _remark(wrong: list[int]) -> str:
    if not wrong:
        return ""
    named = ", ".join(str(number) for number in wrong[:5]) + (", …" if wrong[5:] else "")
    return f"left out, not Python 3: cell{'s' if wrong[1:] else ''} {named}"


def _load(data: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotebookError("not a notebook: it is not UTF-8") from None
    except RecursionError:
        raise NotebookError("not a notebook: its JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        if not data.strip():
            raise NotebookError("not a notebook: it is empty") from None
        where = _merge_mark(data) or f"{error.msg} on line {error.lineno}"
        raise NotebookError(f"not a notebook: {where}") from None
    except ValueError as error:  # a number of more digits than Python reads
        raise NotebookError(f"not a notebook: {error}") from None
    if not isinstance(notebook, dict):
        raise NotebookError("not a notebook: its JSON is not an object")
    return notebook


def _merge_mark(data: bytes) -> str:
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(b"<<<<<<< "):
            return f"merge conflict marks on line {number}"
    return ""


def _code_cells(notebook: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Number and code of each code cell, in either version's layout."""
    sheets = notebook.get("worksheets", [notebook])
    if not isinstance(sheets, list) or not all(isinstance(sheet, dict) for sheet in sheets):
        raise NotebookError("not a notebook: its worksheets are not objects")
    listed = [sheet.get("cells") for sheet in sheets]
    if not all(isinstance(cells, list) for cells in listed):
        raise NotebookError("not a notebook: it has no list of cells")
    if _language(notebook) not in ("", "python"):
        return
    number = 0
    for cell in (cell for cells in listed if cells for cell in cells):
        number += 1
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        code = cell.get("source", cell.get("input", ""))
        text = "".join(map(str, code)) if isinstance(code, list) else str(code)
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
        yield number, text.encode("utf-8", "replace").decode("utf-8").rstrip("\n")


def _language(notebook: dict[str, Any]) -> str:
    """The notebook's language in lower case, "" if it does not say."""
    about = notebook.get("metadata")
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        part = about.get(key) if isinstance(about, dict) else None
        if isinstance(part, dict) and isinstance(part.get(name), str) and part[name]:
            said: str = part[name].lower()
            return "python" if said.startswith(("python", "ipython")) else said
    return ""


def plain_python(lines: list[str]) -> list[str]:
    """A cell's lines with IPython's own syntax replaced, as many as there were.

    Python's parser says what isn't Python: a `%` that begins a line within brackets, or stands
    in a string, is left alone.
    """
    lines = _without_cell_magic(list(lines))
    suspects = [number for number, line in enumerate(lines) if _suspicious(line)]
    while suspects[MANY:]:  # a log, a poem: not worth a parse for each line
        _replace(lines, suspects.pop())
    while suspects:
        try:
            _parse(lines)
        except SyntaxError as error:
            at = (error.lineno or 0) - 1
            suspect = at if at in suspects else suspects[0]
            suspects.remove(suspect)
            _replace(lines, suspect)
        except (ValueError, RecursionError, MemoryError):
            break
        else:
            break
    return lines


def _parse(lines: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a `\d` in somebody's string
        ast.parse("\n".join(lines))


def _suspicious(line: str) -> bool:
    return len(line) < 2000 and bool(MAGIC.match(line) or ASSIGNED.match(line))


def _without_cell_magic(lines: list[str]) -> list[str]:
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or not lines[first].lstrip().startswith("%%"):
        return lines
    if not PYTHON_CELL.match(lines[first].lstrip()):
        return [""] * len(lines)
    return [*lines[:first], "", *lines[first + 1 :]]


def _replace(lines: list[str], at: int) -> None:
    """Put a statement of Python in the place of IPython's, and of the lines that continue it."""
    line = lines[at]
    timed, assigned = TIMED.match(line), ASSIGNED.match(line)
    if timed:
        lines[at] = timed.group(1) + line[timed.end() :]
        return
    indent = line[: len(line) - len(line.lstrip())]
    lines[at] = f"{assigned.group(1)}None" if assigned else f"{indent}pass"
    while line.rstrip().endswith("\\") and at + 1 < len(lines):
        at += 1
        line, lines[at] = lines[at], ""
