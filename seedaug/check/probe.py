"""The probe: takes the place of collate_fn and worker_init_fn, and tells what went on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import default_collate, default_convert, get_worker_info

from seedaug.check import generators
from seedaug.check.digest import parts
from seedaug.check.makers import Made, Makers
from seedaug.check.records import Draw, Record
from seedaug.check.trace import States, Tracer
from seedaug.data.reach import Reached, kind, reach

__all__ = ["Probe"]

_MOST_MADE = 64  # generators noted of one batch


class Probe:
    """Given to a DataLoader as `collate_fn` and `worker_init_fn` in place of the user's.

    The dataset itself stays as it is, so that workers run what they run without the check: a
    batch is looked at when it comes to be collated, and everything that moved since the last one
    has moved for this one.

    Args:
        dataset: the loader's.
        collate: the user's collate_fn.
        init: the user's worker_init_fn.
        batched: whether `collate` gets a list of samples, or one sample (``batch_size=None``).
        trace_at: trace the batch of that number in worker processes, line by line.
        spy: note what generators do. Without, only what comes out is looked at.
    """

    def __init__(
        self,
        dataset: Any,
        collate: Callable[[Any], Any],
        init: Callable[[int], None] | None,
        batched: bool,
        trace_at: int | None = None,
        spy: bool = True,
    ) -> None:
        self.dataset: Any = dataset
        self._collate = collate
        self._init = init
        self._batched = batched
        self._trace_at = trace_at
        self._spy = spy
        self._makers = Makers()
        self._number = 0
        self._before: States = {}
        self._reached: Reached = {}
        self._tracer: Tracer | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "dataset": None}  # a worker has it from torch

    def start(self, worker: int) -> None:
        """In a new worker process: the user's worker_init_fn, then the first look around."""
        warnings.simplefilter("ignore")
        torch.set_warn_always(False)
        if self._init is not None:
            self._init(worker)
        self.begin()

    def begin(self) -> None:
        """Take the states that the first batch finds."""
        info = get_worker_info()
        if info is not None:
            self.dataset = info.dataset
        if self._spy:
            self._makers.install()
            self._look_around()
            self._before = self._states()

    def collate(self, batch: Any) -> Record:
        """Tell what is in the batch, what moved, and what the user's collate_fn makes of it."""
        info = get_worker_info()
        samples = [parts(sample) for sample in batch] if self._batched else [parts(batch)]
        notes: list[str] = []
        collated = self._collated(batch, notes)
        if not self._spy:
            return Record(0 if info is None else info.id, samples, collated, [], notes=notes)
        tracer, self._tracer = self._tracer, None
        if tracer is not None:
            tracer.stop()
        made = self._makers.taken()
        after = self._states()
        record = Record(
            0 if info is None else info.id,
            samples,
            collated,
            self._draws(after, made),
            places={} if tracer is None else tracer.found,
            traced=tracer is not None,
            notes=notes,
        )
        self._number += 1
        self._look_around()
        self._before = self._states()
        if info is not None and self._number == self._trace_at:
            self._trace_at = None
            self._tracer = Tracer(self._states_and_made)
            self._tracer.start()
        return record

    def _collated(self, batch: Any, notes: list[str]) -> dict[str, bytes] | None:
        if self._collate in (default_collate, default_convert):
            return None
        try:
            return parts(self._collate(batch))
        except Exception as error:
            notes.append(f"collate_fn raised {type(error).__name__} on a small batch: {error}")
            return None

    def _look_around(self) -> None:
        roots = {"dataset": self.dataset, "collate_fn": self._collate}
        if self._init is not None:
            roots["worker_init_fn"] = self._init
        self._reached = reach(roots)

    def _states(self) -> States:
        held = {name: generators.state(value) for name, value in self._reached.items()}
        return {**generators.global_states(), **held}

    def _states_and_made(self) -> States:
        made = {m.name: generators.state(m.generator) for m in self._makers.log if not m.target}
        return {**self._states(), **made}

    def _draws(self, after: States, made: list[Made]) -> list[Draw]:
        found = []
        for name, state in after.items():
            seeded = tuple(m.first for m in made if m.target == name and m.first is not None)
            before = self._before.get(name, state)
            if state is not None and (before != state or seeded):
                held = self._reached.get(name)
                what = name if held is None else kind(held) or type(held).__name__
                found.append(Draw(name, what, before, state, seeded))
        for one in [m for m in made if not m.target][:_MOST_MADE]:
            state = generators.state(one.generator)
            if state is not None and state != one.first:
                seeded = (one.first,) if one.seeded and one.first is not None else ()
                what = kind(one.generator) or type(one.generator).__name__
                found.append(Draw(one.name, what, None, state, seeded, made=True))
        return found
