"""Reads and parses the files of a run, in processes of their own where there are many."""

from __future__ import annotations

import ast
import gc
import multiprocessing
import os
import pickle
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seedaug.lint.extract import extract
from seedaug.lint.findings import Unread
from seedaug.lint.processes import pool_of
from seedaug.lint.reasons import reason
from seedaug.lint.sources import read_source, shown
from seedaug.lint.syntax import Module

__all__ = ["Scanned", "load", "no_collection", "scan"]

FEW = 48  # files that are not worth a process
SMALL = 2000  # characters
CHUNK = 24  # files that a process is given at a time
# What is in every file that can have a finding, or that says what a class or generator is.
RELEVANT = re.compile(
    r"random|rng|Random|Generator|DataLoader|Dataset|__getitem__|__iter__|__call__|collate|"
    r"[Tt]ransform|[Aa]ugment|epoch|seed|Sampler|randn|randu|Pipe|spawn|class \w+\(.*\["
)

RANDOM = re.compile(
    r"random|rng|RNG|[Gg]enerator|seed|randn|randu|rand_|Sampler|imgaug|qmc|RandomState|rvs"
)

Read = tuple[str, Module | Unread | None, str]  # path; what came; a remark
Packed = tuple[str, bytes | Unread | None, str]  # the same with the module pickled


@dataclass(frozen=True)
class Scanned:
    """What came of reading files.

    Args:
        modules: of the files that can matter.
        left: the other files that were read.
        unread: files that were not read, or not wholly.
        files: how many were read.
    """

    modules: list[Module]
    left: list[str]
    unread: list[Unread]
    files: int


def scan(
    paths: Sequence[Path], processes: int, progress: Callable[[int, int], None] | None = None
) -> Scanned:
    """Parse files.

    Args:
        paths: of Python files and notebooks.
        processes: how many may run at once.
        progress: called with how many files are done, and of how many.
    """
    modules: list[Module] = []
    unread: list[Unread] = []
    left: list[str] = []
    files = 0
    names = [os.path.abspath(path) for path in paths]
    with no_collection():
        for done, (path, found, remark) in enumerate(_read_all(names, processes), 1):
            if isinstance(found, Unread):
                unread.append(found)
            else:
                files += 1
                if remark:
                    unread.append(Unread(shown(Path(path)), remark))
                if found is None:
                    left.append(path)
                else:
                    modules.append(found)
            if progress is not None:
                progress(done, len(names))
    order = {name: at for at, name in enumerate(names)}
    modules.sort(key=lambda module: order[module.path])
    return Scanned(modules, left, sorted(unread, key=lambda one: one.path), files)


def load(path: str) -> Module | None:
    """A file that an import leads to; None if it cannot be read."""
    found = _read(path, everything=True)[1]
    return found if isinstance(found, Module) else None


@contextmanager
def no_collection() -> Iterator[None]:
    """Without Python's search for cycles, which takes longer than the parsing; there are none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read_all(names: list[str], processes: int) -> Iterator[Read]:
    if processes == 1 or len(names) <= FEW or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_read, names)
        return
    chunks = [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]
    yield from _in_processes(chunks, processes)


def _in_processes(chunks: list[list[str]], processes: int) -> Iterator[Read]:
    """Chunks that a process dies of are read again file by file, to find the one that does it."""
    broken: list[str] = []
    with pool_of(min(processes, len(chunks))) as pool:
        futures: dict[Future[list[Packed]], list[str]] = {
            pool.submit(_read_chunk, chunk): chunk for chunk in chunks
        }
        for future in as_completed(futures):
            try:
                packed = future.result()
            except BrokenProcessPool:
                broken += futures[future]
            else:
                yield from map(_unpacked, packed)
    for name in broken:
        with pool_of(1) as alone:
            try:
                yield from map(_unpacked, alone.submit(_read_chunk, [name]).result())
            except BrokenProcessPool:
                gone = Unread(shown(Path(name)), "Python's parser crashed on it")
                yield name, gone, ""


def _can_matter(path: Path, text: str) -> bool:
    """Whether a file can have a finding, or lead to one as small ones do that pass names on."""
    return len(text) < SMALL or path.name == "__init__.py" or RELEVANT.search(text) is not None


def _read_chunk(names: list[str]) -> list[Packed]:
    return [_packed(_read(name)) for name in names]


def _packed(read: Read) -> Packed:
    path, found, remark = read
    if not isinstance(found, Module):
        return path, found, remark
    try:
        return path, pickle.dumps(found, pickle.HIGHEST_PROTOCOL), remark
    except RecursionError as error:
        return path, Unread(shown(Path(path)), reason(error)), ""


def _unpacked(packed: Packed) -> Read:
    path, found, remark = packed
    return path, pickle.loads(found) if isinstance(found, bytes) else found, remark


def _read(name: str, everything: bool = False) -> Read:
    path = Path(name)
    text = ""
    try:
        source = read_source(path)
        text = source.text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a `\d` in somebody's string
            tree = ast.parse(source.text)
        if not everything and not _can_matter(path, source.text):
            return name, None, source.remark
        module = extract(tree, name)
        module.speaks_of_random = RANDOM.search(source.text) is not None
        return name, module, source.remark
    except (OSError, SyntaxError, RecursionError, MemoryError, ValueError) as error:
        return name, Unread(shown(path), reason(error, text)), ""
