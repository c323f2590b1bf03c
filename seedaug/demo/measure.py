"""What the demo measures for each way, and the claims that stand or fall with it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from seedaug.demo.photos import Photo
from seedaug.demo.runs import Resumed, Run, kill_and_resume, prepare_processes, run
from seedaug.demo.ways import WAYS, Global, Held, Plan, Remedy, Seedaug, Way
from seedaug.progress import Step

BATCH = 4  # of the runs that are compared
TIMED, TIMED_BATCH, ROUNDS = 1024, 32, 3


@dataclass(frozen=True)
class Setting:
    """What the user chose."""

    photos: list[Photo]
    workers: int = 4
    epochs: int = 3

    @property
    def shown(self) -> Plan:
        """One batch for each worker, or four; every sample is the first photograph.

        Then equal crops are equal draws, for the program that counts as for the eye.
        """
        count = BATCH * max(4, self.workers)
        return Plan(self.photos[:1], count, BATCH, self.workers, self.epochs)

    @property
    def album(self) -> Plan:
        """All photographs, over two epochs."""
        return Plan(self.photos, max(64, len(self.photos)), BATCH, self.workers, epochs=2)

    @property
    def timed(self) -> Plan:
        """Enough photographs for a time to mean something."""
        return Plan(self.photos, TIMED, TIMED_BATCH, self.workers, epochs=1)

    @property
    def counts(self) -> tuple[int, ...]:
        """Numbers of workers that are compared; the first is the one that was chosen."""
        others = [n for n in (4, 2, 0) if n != self.workers]
        return self.workers, *others[-2:]

    @property
    def killed_after(self) -> tuple[int, int]:
        """Epoch, and batch in the middle of it, after which the run is killed."""
        return 1, self.shown.count // BATCH // 2


@dataclass
class Result:
    """What was measured of one way."""

    way: Way
    by_workers: dict[int, Run]
    resumed: dict[str, Resumed]
    same_with: dict[int, bool]
    seconds: list[float] = field(default_factory=list)

    @property
    def reference(self) -> Run:
        """The run with the chosen number of workers."""
        return next(iter(self.by_workers.values()))

    @property
    def total(self) -> int:
        """Samples drawn for, over all epochs."""
        return len(self.reference.crops)

    @property
    def distinct(self) -> int:
        """Different draws among them."""
        return self.reference.distinct()

    @property
    def same_run(self) -> bool:
        """Whether the number of workers makes no difference."""
        return all(self.same_with.values())

    def resumes(self, how: str) -> bool:
        """Whether the killed run ended as the other; `how` as for `kill_and_resume`."""
        resumed = self.resumed.get(how)
        return resumed is not None and resumed.whole.same_as(self.reference)

    @property
    def loaded_again(self) -> int:
        """The fewest samples that a resumed run loaded a second time."""
        return min(resumed.loaded_again for resumed in self.resumed.values())

    @property
    def images_per_second(self) -> float:
        """Of the median pass."""
        return TIMED / statistics.median(self.seconds)


def steps(setting: Setting) -> int:
    """How often `measure` will call its `step`."""
    return len(WAYS) * (2 * len(setting.counts) + 1 + ROUNDS)


def measure(setting: Setting, step: Step) -> list[Result]:
    """Run everything, the times last and in turn."""
    prepare_processes()
    results = [_measure_way(way, setting, step) for way in WAYS]
    for number in range(ROUNDS):
        for result in results:
            step("speed", f"{result.way.name}, pass {number + 1} of {ROUNDS}")
            result.seconds.append(run(result.way, setting.timed).seconds)
    return results


def _measure_way(way: Way, setting: Setting, step: Step) -> Result:
    by_workers, same_with = {}, {}
    album: Run | None = None
    for workers in setting.counts:
        step(way.name, f"one photograph, {workers} workers")
        by_workers[workers] = run(way, setting.shown.with_workers(workers))
        step(way.name, f"all photographs, {workers} workers")
        done = run(way, setting.album.with_workers(workers))
        album = album or done
        reference = by_workers[setting.workers]
        same_with[workers] = by_workers[workers].same_as(reference) and done.same_as(album)
    step(way.name, "killed and resumed")
    resumed = kill_and_resume(way, setting.shown, setting.killed_after)
    return Result(way, by_workers, resumed, same_with)


@dataclass(frozen=True)
class Claim:
    """A sentence, and whether the measurement bears it out."""

    text: str
    holds: bool


def claims(results: list[Result]) -> Iterator[Claim]:
    """What the demo claims; its exit status is 1 if one does not hold."""
    by_type = {type(result.way): result for result in results}
    held, remedy, other, ours = (by_type[way] for way in (Held, Remedy, Global, Seedaug))
    workers = ", ".join(str(n) for n in sorted(held.same_with))
    yield Claim("a generator held by the dataset repeats itself", held.distinct < held.total)
    yield Claim("so does the published worker_init_fn", remedy.distinct < remedy.total)
    yield Claim("NumPy's global generator does not", other.distinct == other.total)
    yield Claim(
        f"yet none of the three gives the same run with {workers} workers",
        not any(result.same_run for result in (held, remedy, other)),
    )
    yield Claim(
        "nor resumes from epoch and batch alone, or without loading samples again",
        all(r.loaded_again and not r.resumes("plain") for r in (held, remedy, other)),
    )
    yield Claim("seedaug never repeats a draw", ours.distinct == ours.total)
    yield Claim(f"seedaug gives the same bytes with {workers} workers", ours.same_run)
    yield Claim(
        "seedaug, killed and resumed, gives the same bytes and loads no sample again",
        ours.resumes("plain") and ours.loaded_again == 0,
    )
