"""The batches of an epoch: lists of indices that carry it, from any sampler, whoever asks."""

from __future__ import annotations

import itertools
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import BatchSampler, DistributedSampler

from seedaug import _core
from seedaug.data.callers import Asker, dealt_twice, who_asks
from seedaug.data.collate import collates_by_itself
from seedaug.data.dealing import draws_at_first, visits_once, warn_of_equal_ranks
from seedaug.data.epoch import OVERRULED, RepeatedEpochWarning, SharedEpoch
from seedaug.data.index import EpochBatch, SampleIndex, passing
from seedaug.data.ranks import Ranked, known_ranks
from seedaug.data.sampler import DealtSampler, KeyedSampler, ToldSampler
from seedaug.data.state import LoaderState, Position, another_order, beyond_the_end
from seedaug.data.visits import Visits, index_of, visit_counts
from seedaug.key import pack
from seedaug.random import KeptGlobals, Streams

_SHUFFLE = _core.KINDS["shuffle"]
# A sampler of the user's draws from the global generators, set from these at its first index.
_SAMPLER_STREAMS: Streams = ((_SHUFFLE, 1), (_SHUFFLE, 2), (_SHUFFLE, 3))
_FILLING = 1 << 19  # repeat numbers from here on: of samples that accelerate fills batches up with
_END: Any = object()
_RUN_AGAIN = (
    "seedaug.DataLoader: epoch {epoch}, the rest of which was run after accelerate's "
    "skip_first_batches, is run again, with the same draws: accelerate counts only passes of the "
    "loader itself. Call set_epoch(epoch) on the prepared loader before each pass, or prepare it "
    "by seedaug.integrations.accelerate.prepare(accelerator, loader)"
)
_STEPS = (
    "seedaug.DataLoader: accelerate's skip_first_batches skips batches, of which each step takes "
    "{} under dispatch_batches=True. Skip so many times the steps, or prepare the loader by "
    "seedaug.integrations.accelerate.prepare(accelerator, loader), which goes on by itself"
)
_COPIES = (
    "seedaug.DataLoader: under dispatch_batches=True accelerate fills the last step of epoch {} of "
    "{!r} up with copies of samples that were handed out before, draws and all; give "
    "drop_last=True to leave it out"
)
_VISITS_APART = (
    "seedaug.DataLoader: {} deals itself out over ranks and gives a sample more than once: visits "
    "on several ranks are not counted together, and may draw alike. Give the loader the sampler "
    "that it deals out, with num_replicas= and rank=, or SeededDataset(worker='rank')"
)
_WHICH_EPOCH = (
    "seedaug.DataLoader: accelerate skips the first batches of epoch 0, and nobody said which "
    "epoch this is: accelerate counts from 0 after a resume. Call set_epoch(epoch) on the "
    "prepared loader before each pass, or prepare it by "
    "seedaug.integrations.accelerate.prepare(accelerator, loader)"
)


class Loading(NamedTuple):
    """What a loader's order has to know of it."""

    seed: int
    dataset: Any
    settings: dict[str, Any]  # what of it may be set anew; not the loader, which would be a cycle
    num_workers: int
    prefetched: int  # batches that these ask for before the first is handed out
    clocks: list[SharedEpoch]  # on which somebody may choose the epoch
    ranks_draw_apart: bool  # the same samples on several ranks are meant
    state: LoaderState


class EpochBatches(BatchSampler):
    """Batches (or single indices) of a sampler, with their epoch, and with visits counted.

    A loader's `batch_sampler`, with torch's arguments, so that frameworks that wrap it or make it
    anew find what they expect. The loader's own passes go through `PassOrder`.

    An order is the same for the same (seed, epoch), so that it can be resumed by leaving out its
    start: a sampler of the user's finds the global generators set from them whenever it is asked.
    One that holds a generator keeps its own counsel; where its order is another when it is resumed,
    that is an error.

    Args:
        sampler: a `KeyedSampler`, or any; or what gives whole batches, when `batched`.
        batch_size: indices in a batch, or None for single indices (or for batches of any size).
        drop_last: leave out a last batch that isn't full.
        batched: whether the sampler gives sequences of indices.
    """

    def __init__(
        self, sampler: Any, batch_size: int | None, drop_last: bool, batched: bool = False
    ) -> None:
        if batch_size is not None:
            super().__init__(sampler, batch_size, drop_last)
        self.source: Any = sampler
        self.clock = SharedEpoch(1)
        keyed = isinstance(sampler, KeyedSampler)
        self.sampler: Any = sampler if keyed else ToldSampler(sampler, self.clock)
        self.batch_size = batch_size  # type: ignore[assignment]
        self.drop_last = drop_last
        self.batched = batched
        self.single = batch_size is None and not batched
        self.loading: Loading | None = None
        self._choices = 0  # of an epoch, by somebody who may know, before the last pass
        self._heeded = 0  # the last choice of an epoch, when the last pass began
        self._loader_choices = 0  # of those, on the loader itself
        # That epoch, if its first batches were skipped; -1: none yet.
        self._in_part: int | None = -1

    def __repr__(self) -> str:
        ours = isinstance(self.source, KeyedSampler)
        return f"batches of {self.source if ours else type(self.source).__name__}"

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next: 0 … 2**24 - 1 (else ValueError)."""
        self.sampler.set_epoch(epoch)

    def __len__(self) -> int:
        source = self.source
        count: int = len(source)
        if getattr(source, "given", 0) is None and who_asks().dealer is not None:
            # accelerate counts batches of the whole order, which it deals out.
            keyed = isinstance(source, KeyedSampler)
            count = source.count(rank=0, ranks=1) if keyed else len(source.source)
        if self.batched or self.batch_size is None:
            return count
        return (count if self.drop_last else count + self.batch_size - 1) // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        """For everybody but the loader that it belongs to."""
        epoch = passing.get()
        if epoch is not None:  # another loader wraps it
            yield from self.run(Position(epoch))
            return
        asker = who_asks()
        epoch = self._heed(asker)
        self.clock.restart(0, self)
        for place, batch in enumerate(self.run(Position(epoch), asker)):
            if place == self._ahead() and self.clock.epoch == epoch:
                self.clock.finish(0)  # more than a look, even if the pass should end here
            yield batch
        if self.clock.epoch == epoch:
            self.clock.finish(0)

    def _ahead(self) -> int:
        """Batches of a pass that are asked for when its first two are looked at."""
        return 3 + (self.loading.prefetched if self.loading is not None else 0)

    def _clocks(self) -> list[SharedEpoch]:
        clocks = [self.clock]
        if isinstance(self.source, (KeyedSampler, DealtSampler)):
            clocks.append(self.source.clock)
        return clocks if self.loading is None else clocks + self.loading.clocks

    def _heed(self, asker: Asker) -> int:
        """The epoch that was chosen last, wherever that was."""
        latest = max(self._clocks(), key=lambda clock: clock.tick)
        epoch, tick = latest.epoch, latest.tick
        state = self.loading and self.loading.state
        if state is not None and state.tick >= tick:
            epoch, tick = state.next.epoch, state.tick
        self._warn_of_overruling(asker, latest, epoch)
        if asker.skips:
            self._warn_of_skipping(epoch)
        if asker.dispatches:
            self._warn_of_dispatching(asker, epoch)
        elif asker.accelerate and self._in_part == epoch:
            warnings.warn(_RUN_AGAIN.format(epoch=epoch), RepeatedEpochWarning, stacklevel=4)
        self._in_part = epoch if asker.skips else None
        choices = sum(clock.choices for clock in self._clocks()) + (state.choices if state else 0)
        if choices != self._choices or epoch != self.clock.epoch:
            self._choices = choices  # accelerate's own count is none: it may count an epoch twice
            self.clock.begin(epoch)
        if state is not None and asker.accelerate:  # it will train on what it is given
            state.passed(epoch, tick)
        return epoch

    def _warn_of_overruling(self, asker: Asker, latest: SharedEpoch, epoch: int) -> None:
        """Warn where accelerate's own count comes after what somebody set elsewhere since."""
        state = self.loading and self.loading.state
        counted = (
            asker.accelerate and not latest.by_somebody and (not state or epoch == latest.epoch)
        )
        set_since = [
            clock.epoch
            for clock in self._clocks()
            if clock.by_somebody and clock.tick > self._heeded
        ]
        if state is not None and state.choices > self._loader_choices:
            set_since.append(state.next.epoch)
            self._loader_choices = state.choices
        if counted and set_since and epoch not in set_since:
            text = OVERRULED.format(before=set_since[-1], epoch=epoch)
            warnings.warn(text, UserWarning, stacklevel=5)
        self._heeded = max(clock.tick for clock in self._clocks())

    def _warn_of_skipping(self, epoch: int) -> None:
        """Warn where a run is resumed in epoch 0 and nobody but accelerate's counter said so."""
        choices = sum(clock.choices for clock in self._clocks())
        if epoch == 0 and self._in_part == -1 and not choices:
            warnings.warn(_WHICH_EPOCH, UserWarning, stacklevel=4)

    def _warn_of_dispatching(self, asker: Asker, epoch: int) -> None:
        """Warn of what accelerate does to an order whose batches one process hands to all."""
        dealer: Any = asker.dealer
        processes, whole = dealer.state.num_processes, dealer.split_batches
        if asker.skips and not whole and not asker.knows:
            warnings.warn(_STEPS.format(processes), UserWarning, stacklevel=4)
        if isinstance(self.source, KeyedSampler) and self.batch_size and not self.drop_last:
            step = self.batch_size * (1 if whole else processes)
            if self.source.total % step % processes:
                warnings.warn(_COPIES.format(epoch, self.source), UserWarning, stacklevel=4)

    def run(self, position: Position, asker: Asker | None = None) -> Iterator[Any]:
        """The rest of an epoch from a position on.

        Args:
            position: the epoch, and where in it.
            asker: who asks for it, if not the loader.
        """
        dealer = asker and asker.dealer
        loading = self.loading
        collated = loading is not None and (asker is None or asker.accelerate)
        collated = collated and collates_by_itself(loading.settings["collate_fn"])  # type: ignore[union-attr]
        sent = collated and loading.num_workers > 0  # type: ignore[union-attr]
        if isinstance(self.source, KeyedSampler):
            pieces = self._cut(self.source, position, dealer)
        else:
            pieces = self._count(position, dealer)
            if asker is None and not self._draws_by_rank():
                warn_of_equal_ranks(self.source)
        rank, ranks = (0, 1) if dealer else self._ranks()
        if isinstance(self.source, KeyedSampler):  # also after a change of ranks
            first = position.samples // (self.batch_size or 1)
        else:
            first = position.batch * ranks
        for place, (indices, repeats) in enumerate(pieces):
            if self.single:
                yield SampleIndex(indices[0], position.epoch, repeats[0] if repeats else 0)
                continue
            number = first + place * ranks + rank
            yield EpochBatch(indices, position.epoch, repeats, collated, sent, number)

    def _ranks(self) -> tuple[int, int]:
        if isinstance(self.source, Ranked):
            return self.source.rank, self.source.num_replicas
        return known_ranks()

    def _deals_itself(self, dealer: Any) -> bool:
        """Whether each rank counts the visits of its own part only."""
        apart = not isinstance(self.source, DealtSampler) and dealer is None
        return apart and not self._draws_by_rank() and known_ranks()[1] > 1

    def _draws_by_rank(self) -> bool:
        return self.loading is None or self.loading.ranks_draw_apart

    def _cut(self, sampler: KeyedSampler, position: Position, dealer: Any) -> Iterator[Any]:
        """Batches cut from a keyed order."""
        epoch, start, size = position.epoch, position.samples, self.batch_size or 1
        if dealer is None:
            indices, repeats = sampler.order(epoch, start)
            given = indices.tolist()
        else:
            if sampler.given and sampler.num_replicas > 1:
                raise dealt_twice(repr(sampler))
            indices, repeats = sampler.order(epoch, start, rank=0, ranks=1)
            visits = np.zeros_like(indices) if repeats is None else repeats
            counts = visit_counts(sampler.dataset, indices)
            columns = zip(indices.tolist(), visits.tolist(), counts, strict=True)
            given = [SampleIndex(index, epoch, visit, again) for index, visit, again in columns]
        stop = len(given) - len(given) % size if self.drop_last else len(given)
        for first in range(0, stop, size):
            part = slice(first, first + size)
            some = None if repeats is None else repeats[part].tolist()
            yield given[part], some if some and any(some) else None

    def _count(self, position: Position, dealer: Any) -> Iterator[Any]:
        """Batches of a sampler of the user's, with visits counted."""
        source = self.source
        if dealer is not None and isinstance(source, DistributedSampler):
            if isinstance(source, DealtSampler) and source.given is None:
                source = source.source
            elif source.num_replicas > 1:
                raise dealt_twice(type(source).__name__)
        visits = Visits(self.loading and self.loading.dataset)
        counted = visits.places is not None or not visits_once(source)
        number, told, seen, digest = -1, False, 0, 0
        for number, given in enumerate(self._given(source, position.epoch)):
            brought = isinstance(given, EpochBatch) and given.repeats is not None
            if brought:
                repeats: list[int] | None = given.repeats
            elif type(source) is DistributedSampler:
                brought, repeats = True, _beyond_the_end(source, seen, len(given))
            else:
                repeats = [visits.number(index) for index in given] if counted else None
            seen += len(given)
            batch = [index_of(index) for index in given]
            if position.digests is not None:
                digest = zlib.crc32(repr(batch).encode(), digest)
                made = self._ranks()[0], digest
                if number + 1 == position.batch and position.is_other(made):
                    raise another_order(source, position)
                if number + 1 >= position.batch:
                    position.digests[number + 1] = made
            if number < position.batch:
                continue
            some = repeats if repeats and any(repeats) else None
            if some and not told and not brought and self._deals_itself(dealer):
                told = True
                warnings.warn(
                    _VISITS_APART.format(type(source).__name__), UserWarning, stacklevel=2
                )
            if dealer is not None:
                each = repeats or [0] * len(batch)
                pairs = zip(batch, each, strict=True)
                batch = [SampleIndex(i, position.epoch, r, _FILLING + r) for i, r in pairs]
            yield batch, some
        if number + 1 < position.batch:
            raise beyond_the_end(position.batch, number + 1)

    def _given(self, given: Iterable[Any], epoch: int) -> Iterator[Any]:
        """What the sampler gives, in lists of a batch's size.

        It finds the global generators as it left them, or set from the key.
        """
        turn, size = self._turns(epoch), self.batch_size or 1
        source: Iterator[Any] | None = None
        while True:
            token = passing.set(epoch)
            try:
                with turn():
                    source = iter(given) if source is None else source
                    if self.batched:
                        batch = next(source, _END)
                    else:
                        batch = [*itertools.islice(source, size)] or _END
            finally:
                passing.reset(token)
            if batch is _END or (not self.batched and self.drop_last and len(batch) < size):
                return
            yield batch
            if draws_at_first(given):
                turn = nullcontext

    def _turns(self, epoch: int) -> Callable[[], AbstractContextManager[None]]:
        """What a sampler of the user's is asked for indices in."""
        if self.loading is None:  # within a loader's pass, which has set the generators
            return nullcontext
        return KeptGlobals(pack(self.loading.seed, epoch, 0, 0), _SAMPLER_STREAMS).turn


def _beyond_the_end(sampler: Any, first: int, count: int) -> list[int] | None:
    """Which visits a DistributedSampler's indices are: it fills a rest up from the start."""
    total, ranks = len(sampler.dataset), sampler.num_replicas
    last = (first + count - 1) * ranks + sampler.rank
    if last < total or sampler.drop_last:
        return None
    return [((first + n) * ranks + sampler.rank) // max(total, 1) for n in range(count)]


class PassOrder:
    """What torch's iterators take a pass's indices from: the same object in each pass.

    Args:
        batches: whose order it is.
    """

    def __init__(self, batches: EpochBatches) -> None:
        self.batches = batches
        self.position = Position(0)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return self.batches.run(self.position)
