"""Other threads of the process, which share its global generators with the sample being made.

`random`, NumPy and torch have one generator for the whole process. While a sample has them set, a
draw of another thread takes numbers from that sample, and is undone when they are put back; and
nothing tells afterwards who drew. So a thread other than the main one is refused, and while the
main one makes samples, others that run code which might draw are warned of.
"""

from __future__ import annotations

import functools
import os
import threading
import time
import warnings
from collections.abc import Iterator
from types import CodeType

from . import _core

__all__ = ["SharedGlobalsWarning", "look_for_threads", "others_that_might_draw"]

_EVERY = 0.001  # seconds from one look at the other threads to the next, at the least
_STANDARD = os.path.dirname(os.__file__) + os.sep
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_SITES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
# Installed packages that draw, or run what draws; others (loggers, progress bars) mind their own.
_DRAWING = ("torch/nn", "torch/_ops", "torch/jit", "torchvision", "torchaudio", "torchdata",
            "numpy/random", "lightning", "pytorch_lightning", "transformers", "accelerate", "timm",
            "monai", "albumentations", "kornia", "grain")  # fmt: skip

_next_look = 0.0
_told: set[str] = set()


class SharedGlobalsWarning(UserWarning):
    """Another thread may draw from the global generators while a sample has them set."""


def look_for_threads(what: str) -> None:
    """Called before the global generators are set for a sample.

    A look at the others costs some microseconds, so there is one in a millisecond; and one warning
    for each place in the code where another thread was found.

    Args:
        what: sets them, for messages.

    Raises:
        RuntimeError: this is not the main thread of its process.
    """
    global _next_look
    own = threading.get_ident()
    if own != threading.main_thread().ident:
        raise RuntimeError(
            f"{what} was used in thread {threading.current_thread().name!r}, but Python, NumPy and "
            "torch have one global generator for the whole process, which other threads draw from "
            "at the same time. Make samples in the main thread, or in processes (num_workers= of a "
            "DataLoader); or draw from seedaug.rng(), seedaug.torch_generator() and "
            "seedaug.py_random() in the sample, which need no seed_globals"
        )
    now = time.monotonic()
    if now < _next_look:
        return
    _next_look = now + _EVERY
    for thread, place in others_that_might_draw():
        if place not in _told:
            _told.add(place)
            _warn(what, thread, place)


def others_that_might_draw() -> Iterator[tuple[int, str]]:
    """Other threads that run code which might draw, and where."""
    for thread, codes in _core.running_code().items():
        if (place := _might_draw(codes)) is not None:
            yield thread, place


def _warn(what: str, thread: int, place: str) -> None:
    names = [found.name for found in threading.enumerate() if found.ident == thread]
    warnings.warn(
        f"{what}: thread {names[0] if names else thread!r} runs beside the samples that the main "
        f"thread makes (at {place}). If it draws from global generators (as torch's dropout does), "
        "it and the samples get each other's numbers, and no run is the same twice. Make samples "
        "in worker processes (num_workers=1 or more); or draw from seedaug.rng() in the sample and "
        "leave out seed_globals. If it draws nothing, ignore this: "
        "warnings.simplefilter('ignore', seedaug.SharedGlobalsWarning)",
        SharedGlobalsWarning,
        stacklevel=5,
    )


def _might_draw(codes: list[CodeType]) -> str | None:
    """Where a thread runs code that might draw, or None if it runs nothing of the kind."""
    for code in reversed(codes):  # inwards, from where it came from
        if _is_suspect(code.co_filename):
            return f"{os.path.basename(code.co_filename)}, in {code.co_name}"
    return None


@functools.lru_cache(4096)
def _is_suspect(filename: str) -> bool:
    """Whether a file is the user's own, or of a package that draws."""
    if filename.startswith(("<frozen", "<__array_function__", _OWN)):
        return False
    for site in _SITES:
        _, found, inside = filename.rpartition(site)
        if found:
            return inside.replace(os.sep, "/").startswith(_DRAWING)
    return not filename.startswith(_STANDARD)
