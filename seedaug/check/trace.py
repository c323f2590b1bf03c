"""Lines: where in the user's code a draw stands, found by tracing one sample line by line."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import torch

__all__ = ["Tracer", "caller"]

_OWN = tuple(
    os.path.dirname(os.path.abspath(path)) + os.sep
    for path in (os.__file__, np.__file__, torch.__file__)
)
_CHECK = os.path.dirname(os.path.abspath(__file__)) + os.sep
_SEEDAUG = os.path.dirname(_CHECK[:-1]) + os.sep
_SITE = os.sep + "site-packages" + os.sep
_SECONDS = 3.0  # of tracing one sample

States = dict[str, bytes | None]


def is_users(filename: str) -> bool:
    """Whether a file is neither Python's own, NumPy's, torch's nor seedaug's."""
    if filename.startswith(("<frozen", "<__array_function__")):
        return False
    if filename.startswith((_SEEDAUG, *_OWN[1:])):
        return False
    return not filename.startswith(_OWN[0]) or _SITE in filename


def place(frame: FrameType, line: int) -> str:
    """ "data.py:42, in Crop.__call__"."""
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)  # Python 3.11
    return f"{os.path.basename(code.co_filename)}:{line}, in {name}"


def caller() -> str | None:
    """The place in the user's code that called, or None if it was a library for itself."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_CHECK):
        frame = frame.f_back
    while frame is not None and not is_users(frame.f_code.co_filename):
        if frame.f_code.co_filename.startswith(_SEEDAUG):
            return None  # seedaug makes a keyed generator
        frame = frame.f_back
    return None if frame is None else place(*_blamed(frame, frame.f_lineno))


class Tracer:
    """Finds the lines that change a generator's state.

    Args:
        states: gives the states of all generators in reach, by name.
    """

    def __init__(self, states: Callable[[], States]) -> None:
        self.found: dict[str, list[str]] = {}
        self._states = states
        self._last: States = {}
        self._line: tuple[FrameType, int] | None = None
        self._until = 0.0
        self._ending = sys.is_finalizing  # the end of a process clears globals

    def start(self) -> None:
        """Trace what this thread calls from now on."""
        if sys.gettrace() is None:
            self._last, self._until = self._states(), time.monotonic() + _SECONDS
            sys.settrace(self._call)

    def stop(self) -> None:
        """Look a last time, and trace no more."""
        if self._until:
            sys.settrace(None)
            self._look()
            self._until = 0.0

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._ending() or not is_users(frame.f_code.co_filename):
            return None
        if time.monotonic() > self._until:
            return None
        self._look()
        self._line = frame, frame.f_lineno
        return self._step

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._ending() or time.monotonic() > self._until:
            return None
        self._look()
        # After a return the caller goes on with its own line.
        back = frame.f_back if event == "return" else frame
        self._line = None if back is None else (back, back.f_lineno)
        return self._step

    def _look(self) -> None:
        """Put what has changed since the last look down to the line that ran."""
        states = self._states()
        if states != self._last and self._line is not None:
            frame, line = self._line
            if is_users(frame.f_code.co_filename):
                for name, state in states.items():
                    places = self.found.setdefault(name, [])
                    where = place(*_blamed(frame, line))
                    if state != self._last.get(name, state) and where not in places:
                        places.append(where)
        self._last = states


def _blamed(frame: FrameType, line: int) -> tuple[FrameType, int]:
    """The line itself or, in an installed package, the user's line that called it, if any."""
    above: FrameType | None = frame
    while above is not None:
        if _SITE not in above.f_code.co_filename:
            if not is_users(above.f_code.co_filename) or _CHECK in above.f_code.co_filename:
                break
            return (frame, line) if above is frame else (above, above.f_lineno)
        above = above.f_back
    return frame, line
