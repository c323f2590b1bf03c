"""Instructions that raw words, uniforms and normals take: a figure that no busy neighbour moves.

`python -m benchmarks.instructions` counts them. A process draws a few thousand values while its
parent steps through it, instruction by instruction (ptrace): what the hardware runs, whatever the
instruction set, where performance counters are not to be had and valgrind knows no AVX-512. Two
lengths are drawn, and their difference is free of all that a call costs. Linux only.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

SHORT, LONG = 1024, 7168  # values; both lie in memory of malloc's, so that no page is asked for
WARM_CALLS = 100
TRACEME, CONTINUE, STEP = 0, 7, 9  # of <sys/ptrace.h>
ASKED, ADDRESSES_AS_EVER = 0xFFFFFFFF, 0x0040000  # of <sys/personality.h>; a hash probes by address
KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME")  # the size of the rest moves the stack
KINDS = ("words", "uniform", "normal")


def _ptrace() -> Callable[[int, int, int], int]:
    function = ctypes.CDLL(None, use_errno=True).ptrace
    function.argtypes, function.restype = [ctypes.c_long] * 4, ctypes.c_long
    return lambda request, pid, data: int(function(request, pid, 0, data))


def _traced(isas: list[str], lengths: tuple[int, int]) -> None:
    """The child: between two stops it makes one call."""
    if _ptrace()(TRACEME, 0, 0) != 0:
        raise SystemExit(3)
    import torch

    import seedaug
    from seedaug import _core

    gc.disable()
    torch.set_num_threads(1)
    keys, fill = seedaug.keys(seed=0, index=[1]), torch.ops.seedaug.fill.default._op
    for isa in isas:
        if not torch.ops.seedaug.use_isa(isa):
            raise SystemExit(4)
        for name in KINDS:
            dtype = torch.int32 if name == "words" else torch.float32
            for count in lengths:
                arguments = (keys, _core.KINDS[name], 0, [count], dtype)
                for stop in [0] * WARM_CALLS + [signal.SIGSTOP]:
                    os.kill(os.getpid(), stop)
                    fill(*arguments)
                    os.kill(os.getpid(), stop)


def _steps(pid: int, ptrace: Callable[[int, int, int], int]) -> list[int]:
    """The instructions between each two stops of a child."""
    found = []
    while True:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            code = os.waitstatus_to_exitcode(status)
            if code:
                raise RuntimeError(f"the process that was to be counted ended with {code}")
            return found
        why = os.WSTOPSIG(status)
        if why == signal.SIGSTOP:
            steps = 0
            while True:
                ptrace(STEP, pid, 0)
                _, status = os.waitpid(pid, 0)
                if not os.WIFSTOPPED(status) or os.WSTOPSIG(status) == signal.SIGSTOP:
                    break
                steps += 1
            found.append(steps)
            why = signal.SIGTRAP
        ptrace(CONTINUE, pid, 0 if why == signal.SIGTRAP else why)


def count(isas: list[str], lengths: tuple[int, int] = (SHORT, LONG)) -> dict[str, Any]:
    """Instructions a value, by instruction set and kind; or why there are none.

    Args:
        isas: those to count, each available here.
        lengths: how many values are drawn, first and second.

    Returns:
        ``{"how": ..., "counts": {"avx2": {"words": 5.9, ...}, ...}}`` or ``{"missing": why}``.
    """
    if not sys.platform.startswith("linux"):
        return {"missing": "counted on Linux only"}
    command = [sys.executable, "-m", "benchmarks.instructions", "--traced", *isas]
    command += ["--lengths", *map(str, lengths)]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    libc, cores = ctypes.CDLL(None), os.sched_getaffinity(0)
    before = libc.personality(ASKED)
    os.sched_setaffinity(0, {max(cores)})  # on one core the two hand over at once
    try:
        libc.personality(before | ADDRESSES_AS_EVER)
        child = subprocess.Popen(command, env={**kept, "PYTHONHASHSEED": "0"})
        steps = _steps(child.pid, _ptrace())
    except RuntimeError as error:
        return {"missing": str(error)}
    finally:
        libc.personality(before)
        os.sched_setaffinity(0, cores)
    pairs, more = zip(steps[::2], steps[1::2], strict=True), lengths[1] - lengths[0]
    each = [(long - short) / more for short, long in pairs]
    per_isa = [each[at : at + len(KINDS)] for at in range(0, len(each), len(KINDS))]
    counts = {
        isa: dict(zip(KINDS, (round(one, 3) for one in found), strict=True))
        for isa, found in zip(isas, per_isa, strict=True)
    }
    return {"how": "single steps", "counts": counts}


def text(found: dict[str, Any]) -> str:
    """For the terminal."""
    if "missing" in found:
        return f"Instructions a value: {found['missing']}"
    lines = [f"Instructions a value ({found['how']})"]
    for isa, counts in found["counts"].items():
        shown = ", ".join(f"{name} {value:.2f}" for name, value in counts.items())
        lines.append(f"  {isa:8} {shown}")
    return "\n".join(lines)


def markdown(found: dict[str, Any]) -> list[str]:
    """A table of one machine's counts, or why there are none."""
    if "missing" in found:
        return [f"Instructions a value: {found['missing']}"]
    lines = ["| instructions a value | " + " | ".join(KINDS) + " |", "|---" + "|---:" * 3 + "|"]
    for isa, counts in found["counts"].items():
        lines.append(f"| {isa} | " + " | ".join(f"{counts[kind]:.2f}" for kind in KINDS) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instructions", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--traced", nargs="+", metavar="ISA", help=argparse.SUPPRESS)
    parser.add_argument(
        "--lengths", nargs=2, type=int, default=(SHORT, LONG), help=argparse.SUPPRESS
    )
    given = parser.parse_args()
    if given.traced:
        _traced(given.traced, given.lengths)
        return
    from benchmarks.bench_numbers import isas

    print(text(count(isas())))


if __name__ == "__main__":
    main()
