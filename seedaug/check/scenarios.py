"""The scenarios: which runs are made, within the budget, and how each compares."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch.multiprocessing

from seedaug.check.outcome import Scenario, compare
from seedaug.check.passes import Plan, run
from seedaug.check.records import Run
from seedaug.check.spawning import why_not_spawned
from seedaug.check.stage import Send, StageError, perform
from seedaug.check.survey import Survey, survey
from seedaug.check.verdict import CheckError

__all__ = ["Budget", "Seen", "Subject", "look"]

_SPAWN_SECONDS = 12.0  # for processes that import everything anew
_MOST_BATCHES = 8


@dataclass
class Budget:
    """What the check may take: until when (`time.monotonic()`), and how many samples."""

    until: float
    samples: int

    @property
    def left(self) -> float:
        """Seconds."""
        return self.until - time.monotonic()


@dataclass(frozen=True)
class Subject:
    """A loader, and how it is looked at.

    Args:
        loader: the user's.
        workers: how many workers the main runs have.
        epochs: how many epochs the probing run has.
        size: samples in a batch.
        tell: whether `set_epoch` is called.
        persistent: as the loader says.
    """

    loader: Any
    workers: int
    epochs: int
    size: int
    tell: bool
    persistent: bool


@dataclass
class Seen:
    """All that was seen of a loader."""

    survey: Survey
    probing: Run
    natural: Run | None = None
    other_rank: Run | None = None
    scenarios: list[Scenario] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look(subject: Subject, budget: Budget, say: Callable[[int, int, str], None]) -> Seen:
    """Make the runs, the telling ones first, as far as the budget goes.

    Args:
        subject: the loader.
        budget: what it may take.
        say: is told (steps done, steps in all, what is being done).

    Raises:
        CheckError: the loader is broken.
    """
    return _Look(subject, budget, say).all()


class _Look:
    def __init__(
        self, subject: Subject, budget: Budget, say: Callable[[int, int, str], None]
    ) -> None:
        self.subject = subject
        self.budget = budget
        self._say = say
        self._done = 0
        self._steps = 13
        self._taken = 0
        self.survey = Survey(False)

    def all(self) -> Seen:
        subject, most = self.subject, self.budget.samples
        self.survey = self._survey()
        cells = subject.workers * subject.epochs * subject.size
        batches = min(_MOST_BATCHES, max(2, most // 2 // (3 * cells)))
        probing = Plan(subject.workers, tuple(range(subject.epochs)), batches, subject.size,
                       natural=False, persistent=subject.persistent, tell=subject.tell,
                       trace=True)  # fmt: skip
        seen = Seen(self.survey, self._probe(probing))
        per_run = 2 * subject.size
        batches = min(_MOST_BATCHES, max(2, most // 2 // (9 * per_run)))
        natural = replace(probing, epochs=(0, 1), batches=batches, natural=True, trace=False,
                          spy=False)  # fmt: skip
        if self._own_method() != "fork":
            # The main run had it; the others would take long to import everything anew.
            natural = replace(natural, method="fork")
        reference = self._attempt(natural, "one pass, as in training", 0.3)
        if isinstance(reference, str) and natural.method is not None:
            natural = replace(natural, method=None)
            reference = self._attempt(natural, "one pass, as in training", 0.6)
        if isinstance(reference, str):
            seen.notes.append(f"one pass as in training could not be made: {reference}")
            return seen
        seen.natural = reference
        self._vary(seen, natural, probing)
        return seen

    def _vary(self, seen: Seen, natural: Plan, probing: Plan) -> None:
        stream = self.survey.stream
        workers = natural.workers
        self._scenario(seen, "again", f"{_workers(workers)}, from the same start", natural)
        if not stream:
            for other in dict.fromkeys((0, workers + 1 if workers < 4 else workers - 1)):
                plan = replace(natural, workers=other, persistent=False)
                self._scenario(seen, "workers", _workers(other), plan)
            if self.subject.loader.batch_size is not None:
                size = natural.size + 1
                plan = replace(natural, size=size, batches=-(-natural.batches * natural.size
                                                            // size))  # fmt: skip
                self._scenario(seen, "batch size", f"{size} instead of {natural.size}", plan)
        self._scenario(seen, "resumed", "epoch 1 in a new process", replace(natural, epochs=(1,)))
        if not stream:
            half = natural.batches // 2
            plan = replace(natural, epochs=(1,), skip=max(1, half))
            self._scenario(seen, "resumed", "from the middle of epoch 1", plan)
        if seen.survey.told and not self.subject.tell:
            self._scenario(seen, "set_epoch", "called", replace(natural, tell=True))
        plan = replace(natural, persistent=not natural.persistent)
        self._scenario(seen, "persistent workers", str(plan.persistent), plan)
        self._method(seen, natural)
        self._rank(seen, probing)

    def _survey(self) -> Survey:
        most = self.subject.size * _MOST_BATCHES
        found: Survey = self._stage(
            "the sampler", lambda send: survey(self.subject.loader, most, send), 1.0
        )
        if not found.stream and not found.indices:
            raise CheckError("the loader is empty: its sampler gives no index")
        return found

    def _probe(self, plan: Plan) -> Run:
        self._show(f"{plan.workers} workers, {len(plan.epochs)} epochs")
        loader, indices = self.subject.loader, self.survey.indices
        seconds = self.budget.left * 0.5
        try:
            found: Run = self._stage(
                "the loader", lambda send: run(loader, indices, plan, seconds, send), 0.65
            )
        except CheckError as error:
            if "a worker process ended" in str(error):
                self._blame(plan)
            raise
        if not found.events:
            raise CheckError("the loader is empty: its workers gave no sample")
        self._count(found)
        return found

    def _blame(self, plan: Plan) -> None:
        """Ask one worker for one sample after the other, to know which one ends it."""
        plan = replace(plan, workers=1, size=1, natural=True, epochs=(0,), trace=False, spy=False,
                       batches=plan.batches * plan.size, one_by_one=True)  # fmt: skip
        loader, indices = self.subject.loader, self.survey.indices
        self._stage("the loader", lambda send: run(loader, indices, plan, 5.0, send), 0.5)

    def _stage(self, what: str, work: Callable[[Send], Any], share: float) -> Any:
        seconds = self.budget.left * share
        try:
            return perform(work, time.monotonic() + seconds, self._detail)
        except StageError as error:
            if error.late:
                raise CheckError(
                    f"{what} hangs, or is slow: no answer within {seconds:.3g} s to: {error.last}; "
                    "give seconds= for more time"
                ) from None
            raise CheckError(f"{what} is broken: at {error.last}: {error}") from None

    def _attempt(self, plan: Plan, what: str, share: float) -> Run | str:
        """A run, or why there is none."""
        self._show(what)
        asks = len(plan.epochs) * plan.batches * plan.size * (1 if plan.natural else 3)
        if self._taken + asks > self.budget.samples:
            return "not run: max_samples is reached"
        left = self.budget.left
        if left < (_SPAWN_SECONDS if plan.method not in (None, "fork") else 1.0):
            return "not run: out of time"
        seconds = left * share
        loader, indices = self.subject.loader, self.survey.indices
        try:
            until = time.monotonic() + max(seconds, 2.0)
            found: Run = perform(
                lambda send: run(loader, indices, plan, seconds * 0.8, send), until, self._detail
            )
        except StageError as error:
            return "not done in time" if error.late else f"failed: {error}"
        self._count(found)
        return found

    def _scenario(
        self, seen: Seen, name: str, setting: str, plan: Plan, share: float = 0.4
    ) -> None:
        found = self._attempt(plan, f"{name}: {setting}", share)
        scenario = Scenario(name, setting, found if isinstance(found, str) else "")
        if isinstance(found, Run):
            scenario.run = found
            assert seen.natural is not None
            compare(scenario, seen.natural.events, found.events)
        seen.scenarios.append(scenario)

    def _rank(self, seen: Seen, probing: Plan) -> None:
        plan = replace(probing, epochs=(0,), rank=1, trace=False, batches=2)
        found = self._attempt(plan, "rank 1, played", 0.4)
        if isinstance(found, Run):
            seen.other_rank = found

    def _method(self, seen: Seen, natural: Plan) -> None:
        own, played = self._own_method(), natural.method or self._own_method()
        other = "spawn" if own == "fork" else own if played == "fork" else "fork"
        refusal = None
        if self.budget.left < _SPAWN_SECONDS:
            refusal = "out of time"
        elif own == "fork":
            refusal = why_not_spawned(self.subject.loader, self.budget.left / 3)
        if refusal is not None:
            seen.scenarios.append(Scenario("start method", other, f"not run: {refusal}"))
            return
        plan = replace(natural, method=other, epochs=(0,), persistent=False)
        self._scenario(seen, "start method", f"{other} instead of {played}", plan, 0.8)

    def _own_method(self) -> str:
        context = getattr(self.subject.loader, "multiprocessing_context", None)
        method = torch.multiprocessing if context is None else context
        return str(method.get_start_method())

    def _count(self, found: Run) -> None:
        self._taken += sum(len(event.record.samples) for event in found.events)

    def _show(self, what: str) -> None:
        self._shown = what
        self._say(min(self._done, self._steps), self._steps, what)
        self._done += 1

    def _detail(self, text: str) -> None:
        shown = getattr(self, "_shown", "")
        self._say(min(self._done, self._steps), self._steps, f"{shown}: {text}" if shown else text)


def _workers(count: int) -> str:
    return f"{count} worker{'' if count == 1 else 's'}" if count else "0 workers (main process)"


def environment_is_distributed(loader: Any) -> bool:
    """Whether several ranks train: torch.distributed, torchrun, or a DistributedSampler."""
    from torch.utils.data import DistributedSampler

    from seedaug.data.ranks import initialised_ranks

    if initialised_ranks()[1] > 1 or int(os.environ.get("WORLD_SIZE", "1") or 1) > 1:
        return True
    samplers = loader.sampler, getattr(loader.batch_sampler, "sampler", None)
    return any(isinstance(s, DistributedSampler) and s.num_replicas > 1 for s in samplers)
