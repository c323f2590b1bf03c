"""The stage: a process of its own for each run, so that nothing the run does reaches the caller.

It is forked from the caller, so it has the caller's loader, generators and environment, and
changes its own copies only. It leads a process group; when its time is up, or it is done, the
whole group goes.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

import torch

__all__ = ["Send", "StageError", "how_it_ended", "perform"]

Send = Callable[[str], None]
"""Says what is being done, for the progress bar and for the message if it never ends."""

_PR_SET_CHILD_SUBREAPER = 36
_GRACE = 2.0  # seconds from asking a process to end to ending it


class StageError(Exception):
    """A run that broke.

    Args:
        text: what happened, in a sentence.
        last: what was being done.
        late: whether it was ended because its time was up.
    """

    def __init__(self, text: str, last: str, late: bool = False) -> None:
        super().__init__(text)
        self.last = last
        self.late = late


def perform(work: Callable[[Send], Any], deadline: float, say: Send | None = None) -> Any:
    """Call `work` in a forked process and return what it returns, which must pickle.

    Args:
        work: gets a function to say what it is doing.
        deadline: of `time.monotonic()`, when everything it started is ended.
        say: is told what it says.

    Raises:
        StageError: `work` raised, died, or was not done by then.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    process: Any = context.Process(target=_play, args=(work, sender), name="seedaug check")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forking where there are threads
        process.start()
    with contextlib.suppress(OSError):
        os.setpgid(process.pid, process.pid)  # here too: whoever comes first
    sender.close()
    try:
        result = _follow(process, receiver, deadline, say)
        process.join(3 * _GRACE)  # it puts its things away
        return result
    finally:
        receiver.close()
        _end(process)


def _play(work: Callable[[Send], Any], sender: Connection) -> None:
    """In the stage: prepare, work, send the result."""
    os.setpgid(0, 0)
    _adopt_orphans()
    os.dup2(2, 1)  # what the user's code prints is no part of the report
    sys.stdout = sys.stderr
    gc.freeze()  # what the caller left behind is the caller's to collect: its workers, say
    warnings.simplefilter("ignore")
    sys.warnoptions.append("ignore")  # for Python's own helper processes, too
    torch.set_num_threads(1)
    server: Any = getattr(forkserver, "_forkserver", None)
    if server is not None:  # the caller's is no child of this process
        server.__init__()

    def say(text: str) -> None:
        sender.send(("say", text))

    try:
        sender.send(("done", work(say)))
    except Exception as error:
        lines = traceback.format_exception_only(type(error), error)
        sender.send(("failed", _sentence(error, "".join(lines))))
    finally:
        sender.close()


def _sentence(error: Exception, text: str) -> str:
    """What a worker raised, without its traceback, or the error as it is."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if "Original Traceback" in text:
        caught = lines[0].partition(": ")[2]
        name = caught.removeprefix("Caught ").partition(" ")[0]
        starts = [i for i, line in enumerate(lines)
                  if i and line.partition(":")[0].rpartition(".")[2] == name]  # fmt: skip
        said = " ".join(line.strip() for line in lines[starts[-1] if starts else -1 :])
        return f"{said} ({caught})"
    if isinstance(error, RuntimeError) and type(error) is not RuntimeError:
        return str(error)  # the check's own
    return " ".join(line.strip() for line in lines) or type(error).__name__


def _follow(process: Any, receiver: Connection, deadline: float, say: Send | None) -> Any:
    last = "starting"
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise StageError("not done when the time was up", last, late=True)
        alive = process.is_alive()
        if receiver.poll(min(left, 0.2)):
            try:
                kind, content = receiver.recv()
            except EOFError:
                alive, kind, content = False, "died", None
            if kind == "done":
                return content
            if kind == "failed":
                raise StageError(content, last)
            if kind == "say":
                last = content
                if say is not None:
                    say(content)
                continue
        elif alive:
            continue
        process.join(_GRACE)
        raise StageError(f"the process that loads ended ({how_it_ended(process.exitcode)})", last)


def how_it_ended(code: int | None) -> str:
    """A process's exit code in words."""
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit status {code}"


def _adopt_orphans() -> None:
    """Linux: what a worker leaves behind becomes a child of this process, and ends with it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end(process: Any) -> None:
    """End the stage and all that it started, Python's resource tracker last: it cleans up."""
    leader = process.pid
    known: set[int] = set()
    for which, tracker_too in ((signal.SIGTERM, True), (signal.SIGKILL, False)):
        # One that was known stays so: when its parent has ended, nothing leads to it any more.
        known |= set(_members(leader, known))
        for member in _members(leader, known, tracker_too):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member, which)
        until = time.monotonic() + _GRACE
        while _members(leader, known) and time.monotonic() < until:
            process.join(0.01)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    process.kill()
    process.join()
    process.close()


def _members(leader: int, known: set[int], tracker_too: bool = True) -> list[int]:
    """The running processes of a group, those that descend from its leader, and known ones.

    Without /proc: the leader.
    """
    if not os.path.isdir("/proc/self"):
        try:
            os.killpg(leader, 0)
        except (ProcessLookupError, PermissionError):
            return []
        return [leader]
    parents: dict[int, int] = {}
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        number = int(name)
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            state, parent, group = file.read().rpartition(")")[2].split()[:3]
            parents[number] = int(parent)
            if state not in "ZX" and (
                int(group) == leader or number in known or _descends(number, leader, parents)
            ):
                found.add(number)
    return [one for one in sorted(found) if tracker_too or not _tracks(one)]


def _descends(process: int, leader: int, parents: dict[int, int]) -> bool:
    """Whether a process descends from another; parents are read where they are not known yet."""
    for _ in range(64):
        process = parents.get(process) or _parent(process)
        if process == leader:
            return True
        if process <= 1:
            return False
    return False


def _parent(process: int) -> int:
    try:
        with open(f"/proc/{process}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _tracks(process: int) -> bool:
    """Whether it is Python's resource tracker."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as line:
            return b"resource_tracker" in line.read()
    except OSError:
        return False
