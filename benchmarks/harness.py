"""Times contenders in turn: check first, then A B C A B C ..., medians and quartiles of the rounds.

Machines are noisy and shared. What is compared is therefore measured in the same process and in
the same minutes, the contenders taking turns, and the floor (a copy of the same bytes) with them.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from seedaug import _core

BLOCK_SECONDS = 0.004  # calls are repeated until a timed block takes this long
WARM_CALLS, WARM_SECONDS = 4, 0.02  # at most, before each block
ROUNDS = (9, 201)  # fewest and most

CHOSEN_ISA: str = _core.config()["isa"]

Call = Callable[[], Any]
Clock = Callable[[Call, int], float]  # (call, how often) -> seconds for all of them


@dataclass(frozen=True)
class Contender:
    """One way to do a row's work.

    Args:
        name: within its row.
        call: does the work once and returns the result; None if it can't be had here.
        check: takes a result and raises AssertionError if it is wrong; runs before any timing.
        missing: why `call` is None.
        threads: of torch, while this one is timed.
        isa: of seedaug, while this one is timed; "" is the one it chose when it was loaded.
    """

    name: str
    call: Call | None = None
    check: Callable[[Any], None] | None = None
    missing: str = "not installed"
    threads: int = 1
    isa: str = ""


@dataclass(frozen=True)
class Target:
    """How many times faster `ours` is to be than the fastest of `against`."""

    ours: str
    against: tuple[str, ...]
    wanted: float


FLOOR, SECONDS = "the floor", "seconds"  # what a time may be held against, beside a contender


@dataclass(frozen=True)
class Within:
    """`ours` is to take at most `wanted` times the time of `of`, or `wanted` seconds an item.

    Args:
        of: FLOOR, SECONDS, or the name of one of the row's contenders or bounds.
        more: the name of another whose time is added to that.
    """

    ours: str
    wanted: float
    of: str = FLOOR
    more: str = ""


@dataclass(frozen=True)
class Row:
    """One comparison: the same work done by several contenders.

    Args:
        name: identifier in the JSON, such as ``"normals/avx2"``.
        title: what the work is, for people.
        per: what a call's time is divided into: "value" or "image".
        items: how many of those one call does.
        contenders: seedaug's own first.
        floor: name and call of the copy that bounds this work from below, at one thread; None
            where there is no such copy.
        targets: what this row is to show.
        bounds: other limits from below, timed in turn like the floor.
        bytes: read and written for one item at least; 0 if that says nothing.
        wall: time by the wall: several threads, or another device, do the work.
        note: what a reader must know to read the figures.
    """

    name: str
    title: str
    per: str
    items: int
    contenders: Sequence[Contender]
    floor: Contender | None = None
    targets: Sequence[Target | Within] = ()
    note: str = ""
    bytes: int = 0
    wall: bool = False
    bounds: Sequence[Contender] = ()


@dataclass
class Timing:
    """Seconds an item, over the rounds."""

    rounds: list[float] = field(default_factory=list)
    calls: int = 1

    def summary(self) -> dict[str, Any]:
        """Median, quartiles, best; and how often it ran."""
        low, middle, high = quartiles(self.rounds)
        return {
            "median": middle,
            "q1": low,
            "q3": high,
            "best": min(self.rounds),
            "rounds": len(self.rounds),
            "calls_a_round": self.calls,
        }


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile (linear interpolation); of one value, itself.

    >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
    (2.0, 3.0, 4.0)
    """
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def prepare(contender: Contender) -> None:
    """Set the threads and the instruction set that a contender is timed under."""
    if torch.get_num_threads() != contender.threads:
        torch.set_num_threads(contender.threads)
    if not torch.ops.seedaug.use_isa(contender.isa or CHOSEN_ISA):
        raise RuntimeError(f"{contender.name}: {contender.isa} is not available here")


def wall_seconds(call: Call, calls: int) -> float:
    """Seconds that go by during `calls` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - start


def cpu_seconds(call: Call, calls: int) -> float:
    """Seconds of processor time that this process spends on `calls` calls, in all its threads."""
    start = time.process_time()
    for _ in range(calls):
        call()
    return time.process_time() - start


def warm_up(call: Call) -> None:
    """A few untimed calls bring its memory back into the caches, whatever ran before."""
    end = time.perf_counter() + WARM_SECONDS
    for _ in range(WARM_CALLS):
        call()
        if time.perf_counter() > end:
            return


def check_all(row: Row) -> list[Contender]:
    """Run every contender's check on its own result; return those that are here."""
    present = [contender for contender in row.contenders if contender.call is not None]
    for contender in present:
        prepare(contender)
        assert contender.call is not None
        result = contender.call()
        if contender.check is not None:
            try:
                contender.check(result)
            except AssertionError as error:
                raise AssertionError(f"{row.name}: {contender.name} is wrong: {error}") from error
    return present


def take_turns(
    row: Row, contenders: Sequence[Contender], seconds: float, clock: Clock
) -> dict[str, Timing]:
    """Time contenders in turn, each round beginning with another one, for about `seconds`."""
    timings = {contender.name: Timing() for contender in contenders}
    round_seconds = 0.0
    for contender in contenders:
        prepare(contender)
        assert contender.call is not None
        contender.call()
        once = max(clock(contender.call, 1), 1e-7)
        calls = max(1, round(BLOCK_SECONDS / once))
        once = clock(contender.call, calls) / calls  # again: the first call is a slow one
        timings[contender.name].calls = max(1, round(BLOCK_SECONDS / max(once, 1e-8)))
        round_seconds += once * timings[contender.name].calls
    rounds = min(max(int(seconds / round_seconds), ROUNDS[0]), ROUNDS[1])
    for n in range(rounds):
        at = n % len(contenders)
        for contender in [*contenders[at:], *contenders[:at]]:
            prepare(contender)
            assert contender.call is not None
            timing = timings[contender.name]
            warm_up(contender.call)
            spent = clock(contender.call, timing.calls)
            timing.rounds.append(spent / timing.calls / row.items)
    return timings


def judge(target: Target | Within, medians: dict[str, float]) -> dict[str, Any] | None:
    """What a target comes to; None if nothing it compares with is here.

    Args:
        target: what was wanted.
        medians: seconds an item by contender, the floor's as FLOOR.
    """
    if target.ours not in medians:
        return None
    ours = medians[target.ours]
    if isinstance(target, Within):
        known, of = {**medians, SECONDS: 1.0}, [target.of, *filter(None, [target.more])]
        if not set(of) <= known.keys():
            return None
        against, measured = " + ".join(of), ours / sum(known[name] for name in of)
        met = measured <= target.wanted
    else:
        rivals = {name: medians[name] for name in target.against if name in medians}
        if not rivals:
            return None
        against = min(rivals, key=lambda name: rivals[name])
        measured = rivals[against] / ours
        met = measured >= target.wanted
    return {
        "ours": target.ours,
        "against": against,
        "within": isinstance(target, Within),
        "wanted": target.wanted,
        "measured": measured,
        "met": met,
    }


def measure(row: Row, seconds: float, clock: Clock | None = None) -> dict[str, Any]:
    """Check a row's contenders, time them in turn, and return its part of the JSON.

    Args:
        row: what to measure.
        seconds: to spend, about.
        clock: what times a block of calls; default, the row's.
    """
    clock = clock or (wall_seconds if row.wall else cpu_seconds)
    present = check_all(row)
    limits = [*row.bounds, *([row.floor] if row.floor else [])]
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        timings = take_turns(row, [*present, *limits], seconds, clock)
    finally:
        if was_collecting:
            gc.enable()
    return summarised(row, {name: timing.summary() for name, timing in timings.items()})


def summarised(row: Row, summaries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A row's part of the JSON, from the summary of whatever ran."""
    medians = {name: summary["median"] for name, summary in summaries.items()}
    if row.floor:
        medians[FLOOR] = medians.pop(row.floor.name)
    judged = [judge(target, medians) for target in row.targets]
    return {
        "name": row.name,
        "title": row.title,
        "per": row.per,
        "items": row.items,
        "note": row.note,
        "time": "wall" if row.wall else "processor",
        "results": {one.name: result(one, row, summaries, medians) for one in row.contenders},
        "bounds": {bound.name: summaries[bound.name] for bound in row.bounds},
        "floor": {"name": row.floor.name, **summaries[row.floor.name]} if row.floor else None,
        "targets": [one for one in judged if one is not None],
    }


def result(
    contender: Contender,
    row: Row,
    summaries: dict[str, dict[str, Any]],
    medians: dict[str, float],
) -> dict[str, Any]:
    """One contender's part of the JSON."""
    if contender.name not in summaries:
        return {"missing": contender.missing}
    found = {**summaries[contender.name], "threads": contender.threads}
    if row.floor:
        found["share_of_floor"] = medians[FLOOR] / found["median"]
    if row.bytes:
        found["bytes_per_second"] = row.bytes / found["median"]
    return found
