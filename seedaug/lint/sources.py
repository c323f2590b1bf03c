"""The files that are linted: which there are, and their text."""

from __future__ import annotations

import bisect
import io
import os
import stat
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedaug.lint.findings import Unread
from seedaug.lint.notebook import Cell, NotebookError, read_notebook
from seedaug.lint.settings import Settings, UsageError

__all__ = [
    "LARGEST",
    "LARGEST_NOTEBOOK",
    "Source",
    "SourceError",
    "find_sources",
    "read_source",
    "shown",
]

LARGEST = 4 * 2**20  # bytes of a file of Python: what is larger was written by a program
LARGEST_NOTEBOOK = 64 * 2**20  # bytes of a notebook, most of them pictures

SKIPPED = frozenset(
    [
        *(".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", "node_modules", "site-packages"),
        *("build", "dist", ".eggs", "__pycache__", ".ipynb_checkpoints"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache"),
    ]
)


class SourceError(ValueError):
    """A file that cannot be read as Python source; its text is the reason, in one line."""


@dataclass(frozen=True)
class Source:
    """A file's text.

    Args:
        path: of the file.
        text: as Python would read it, with `\\n` at each line's end. Of a notebook: its code
            cells one after another, IPython's own syntax replaced line by line.
        cells: where a notebook's cells begin in `text`; empty for a file of Python.
        remark: what of the file is not in `text`, and why, in one line ("" if all is).
    """

    path: Path
    text: str
    cells: tuple[Cell, ...] = ()
    remark: str = ""

    @property
    def lines(self) -> list[str]:
        """The lines as Python counts them: form feeds end none."""
        return self.text.split("\n")

    def cell_of(self, line: int) -> tuple[int, int] | None:
        """The number of the cell that a line stands in and the line in it, both from 1.

        Cells are numbered from the notebook's first, whatever they hold. None: not a notebook.
        """
        if not self.cells:
            return None
        at = bisect.bisect_right([cell.first_line for cell in self.cells], line) - 1
        cell = self.cells[max(at, 0)]
        return cell.number, line - cell.first_line + 1


def find_sources(
    paths: Sequence[Path], settings: Settings, unread: list[Unread] | None = None
) -> list[Path]:
    """The files to lint: `.py` and `.ipynb`, in the order of `paths` and sorted within a folder.

    A file that is named is taken, whatever it is called and whether or not it is excluded.
    Folders are walked without following links to folders; a file is taken once, however many
    ways lead to it.

    Args:
        paths: files and folders.
        settings: says what is excluded.
        unread: folders that may not be listed are appended here.

    Raises:
        UsageError: a path does not exist.
    """
    unread = [] if unread is None else unread
    found: list[tuple[bool, int, Path]] = []
    for number, path in enumerate(paths):
        if not os.path.lexists(path):
            raise UsageError(f"{shown(path)}: there is no such file or folder")
        walked = _walk(path, settings, unread) if path.is_dir() else [path]
        found += [(each.is_symlink(), number, each) for each in walked]
    kept: dict[str, tuple[int, Path]] = {}
    for _, number, path in sorted(found):  # of a file and a link to it, the file
        kept.setdefault(os.path.realpath(path), (number, path))
    return [path for _, path in sorted(kept.values())]


def _walk(folder: Path, settings: Settings, unread: list[Unread]) -> Iterator[Path]:
    def cannot_list(error: OSError) -> None:
        name = error.filename if isinstance(error.filename, str) else str(folder)
        unread.append(Unread(shown(Path(name)), f"the folder cannot be listed: {error.strerror}"))

    for root, folders, files in os.walk(folder, onerror=cannot_list):
        here = Path(root)
        folders[:] = [
            name
            for name in sorted(folders)
            if name not in SKIPPED
            and not settings.excludes(here / name)
            and not os.path.lexists(here / name / "pyvenv.cfg")
        ]
        for name in sorted(files):
            if name.endswith((".py", ".ipynb")) and not settings.excludes(here / name):
                yield here / name


def shown(path: Path) -> str:
    """A path as people get to see it: relative where it lies under the current folder."""
    try:
        return Path(os.path.abspath(path)).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def read_source(path: Path) -> Source:
    """A file's text, decoded as Python decodes it (PEP 263), or a notebook's code.

    Raises:
        SourceError: it is not a regular file, too large, not text in the encoding that it
            declares, or a notebook that cannot be read.
        OSError: it cannot be opened.
    """
    data = read_bytes(path)
    if path.suffix == ".ipynb":
        try:
            text, cells, remark = read_notebook(data)
        except NotebookError as error:
            raise SourceError(str(error)) from None
        if len(text) > LARGEST:
            raise SourceError("its code is larger than 4 MB")
        return Source(path, text, cells, remark)
    return Source(path, decode(data))


def read_bytes(path: Path) -> bytes:
    """A file's bytes, if it is a regular file of a size that people write."""
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("it is a folder" if path.is_dir() else "it is not a regular file")
    if path.suffix == ".ipynb" and status.st_size > LARGEST_NOTEBOOK:
        raise SourceError("larger than 64 MB")
    if path.suffix != ".ipynb" and status.st_size > LARGEST:
        raise SourceError("larger than 4 MB")
    return path.read_bytes()


def decode(data: bytes) -> str:
    """Bytes as the text that Python would read from them."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError("it is UTF-16, which Python does not read: save it as UTF-8")
    if b"\0" in data:
        raise SourceError("it has null bytes, so it is not source code")
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(_undecodable(data, encoding, error.start)) from None
    except (SyntaxError, LookupError) as error:
        wrong = _first_wrong(data)
        if wrong is None or "unknown encoding" in str(error):
            raise SourceError(f"Python cannot decode it: {error}") from None
        raise SourceError(_undecodable(data, "utf-8", wrong)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first_wrong(data: bytes) -> int | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _undecodable(data: bytes, encoding: str, at: int) -> str:
    line = data.count(b"\n", 0, at) + 1
    declared = (
        "and declares no other encoding" if encoding.startswith("utf-8") else "as it declares"
    )
    return f"not {encoding.upper()} (byte 0x{data[at]:02x} on line {line}), {declared}"
