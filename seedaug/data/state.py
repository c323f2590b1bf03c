"""Where a loader is: its epoch, the batches handed out, and what the next pass will be."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from seedaug.data.epoch import RepeatedEpochWarning, SharedEpoch, after_tick, next_tick
from seedaug.key import check_coordinate

_RUN_BEFORE = (
    "seedaug.DataLoader: epoch {epoch} is run a second time, and its samples get the same draws "
    "again: the loader was run several times in one epoch of Lightning's (a short one in a "
    'CombinedLoader, mode "max_size_cycle"), each time as an epoch of its own. Use mode "min_size"'
)


Digest: TypeAlias = tuple[int, int]
"""A rank, and the CRC-32 of the indices that it was given."""

_KEPT = 64  # digests of batches that were handed out: frameworks read some ahead
_LOOKED = (
    "seedaug.DataLoader: a state in the middle of epoch {epoch} was loaded, and the pass that went "
    "on from there was dropped after a batch (a look by next(iter(loader))?): the rest of that "
    "epoch is left out. Look at batches before load_state_dict, or load the state again"
)


def beyond_the_end(batch: int, batches: int) -> ValueError:
    """The error for a state of a longer epoch than the one at hand."""
    return ValueError(
        f"load_state_dict: batch {batch} is beyond the {batches} batches of an epoch; was the "
        "state taken with another batch_size, dataset, number of ranks, or (a stream's) workers?"
    )


def another_order(sampler: Any, position: Position) -> ValueError:
    """The error for a sampler that gives other indices than before the state was taken."""
    return ValueError(
        f"load_state_dict: {type(sampler).__name__} gives other indices for the first "
        f"{position.batch} batches of epoch {position.epoch} than before the state was taken, so "
        "samples would be lost and others come twice. A sampler that holds a generator, or counts "
        "its passes, must be put back by you, to where it was when that epoch began; one that "
        "draws from the global generators, or has set_epoch, needs nothing"
    )


def checked_digest(given: Any) -> Digest:
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise TypeError(f"load_state_dict: digest must be two integers, got {given!r}")
    return checked_count("digest", given[0]), checked_count("digest", given[1])


def checked_count(name: str, count: Any) -> int:
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"load_state_dict: {name} must be an integer, got {count!r}")
    if count < 0:
        raise ValueError(f"load_state_dict: {name} must be from 0 up, got {count}")
    return int(count)


@dataclass(slots=True)
class Position:
    """An epoch, and how much of it was handed out."""

    epoch: int
    batch: int = 0
    samples: int = 0  # of the global order, over all ranks; where there is one
    before: int = 0  # that, before the last batch
    order: str | None = None  # what it is a place in, once a pass has begun there
    digest: Digest | None = None  # of the indices before it, as a state has it
    digests: dict[int, Digest] | None = None  # up to the ends of its last batches, once begun

    def is_other(self, digest: Digest) -> bool:
        """Whether other indices came before it on the rank that the state is of, if that is this.

        Frameworks keep the state of the first rank for all.
        """
        return self.digest is not None and self.digest[0] == digest[0] and self.digest != digest


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a batch goes, in an order that is dealt out over ranks.

    Args:
        samples: that all ranks together get in their k-th batches.
        total: samples of the global order.
    """

    samples: int
    total: int

    def after(self, batches: int, start: int = 0) -> int:
        """Where the global order is after so many batches from `start` on."""
        return min(start + batches * self.samples, self.total)


class LoaderState:
    """The loader's position, and the rules by which it moves.

    Args:
        seed: the loader's.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tick = 0
        self.next = Position(0)  # where the next pass begins
        self._loaded = False  # `next` is from a state
        self._chosen = False  # or is somebody's choice
        self._shown: Position | None = None  # of the pass that moved last, if that came after
        self.begun: Position | None = None  # of the pass begun last
        self.empty = False  # which ended without a batch
        self.aside: Position | None = None  # of a pass that is no part of where the loader is
        self.by_itself = False  # whether its epoch was nobody's choice
        self.choices = 0  # made on the loader itself
        self._rest: tuple[Position, int] | None = None  # a pass from a state, and where it began
        self.waiting: weakref.ref[Any] | None = None  # made last, and not begun

    @property
    def where(self) -> Position:
        """Where the pass is that was last asked for or moved on; or else where the next is."""
        waits = self.waiting is not None and self.waiting() is not None
        return self.next if waits or self._shown is None else self._shown

    def choose(self, epoch: int) -> None:
        """The next pass is this epoch, from its start, or from where a loaded state of it is."""
        if not (self._loaded and epoch == self.next.epoch):
            self._go_to(Position(epoch))

    def _go_to(self, position: Position) -> None:
        self.next = position
        self._loaded = False
        self._chosen = True
        self._shown = self._rest = None
        self.tick = next_tick()
        self.choices += 1

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "waiting": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        after_tick(self.tick)

    def heed(self, clocks: list[SharedEpoch]) -> None:
        """Take over an epoch that was chosen on a dataset or a sampler.

        Raises:
            RuntimeError: it is before that of the state that was loaded.
        """
        latest = max(clocks, key=lambda clock: clock.tick)
        if latest.tick <= self.tick:
            return
        if self._loaded and latest.epoch < self.next.epoch:
            raise RuntimeError(
                f"seedaug.DataLoader: a state of epoch {self.next.epoch} was loaded, and then the "
                f"dataset or sampler was set to epoch {latest.epoch}. A framework that counts "
                "epochs from 0 after a resume does that (Lightning Fabric: use "
                "seedaug.integrations.lightning.resume(loader, state); a CombinedLoader runs a "
                "short loader several times in an epoch, and can't be resumed in one); to go back "
                "on purpose call the loader's own set_epoch"
            )
        before = self.begun is not None and latest.epoch <= self.begun.epoch
        if before and self.by_itself and latest.told_by_lightning:
            warnings.warn(_RUN_BEFORE.format(epoch=latest.epoch), RepeatedEpochWarning, 4)
        self.choose(latest.epoch)
        self.tick = latest.tick

    def begin(self, clocks: list[SharedEpoch], evaluates: bool) -> Position:
        """Begin a pass: where it starts. Counting goes on in what is returned.

        Args:
            clocks: where somebody may have chosen an epoch.
            evaluates: a framework evaluates, maybe in mid-epoch of a training with this loader.
        """
        before = self._shown if evaluates else None
        self.heed(clocks)
        begun = self.next
        check_coordinate("epoch", begun.epoch)
        self.waiting = None
        begun.digests = {}
        if self._rest is not None and self._rest[0].batch - self._rest[1] <= 1:
            warnings.warn(_LOOKED.format(epoch=self._rest[0].epoch), UserWarning, 4)
        self._rest = (begun, begun.batch) if self._loaded else None
        self.next = Position(begun.epoch + 1)
        self.by_itself = not self._chosen
        self._loaded = self._chosen = self.empty = False
        self.begun = begun
        self.aside = begun if before is not None else None
        self._shown = before or begun
        return begun

    def ended(self, position: Position, given: int) -> None:
        """A pass came to its end, after so many batches."""
        self.empty = not given and position is self.begun
        if self._rest is not None and position is self._rest[0]:
            self._rest = None

    def passed(self, epoch: int, tick: int) -> None:
        """Somebody else runs a pass of the loader's order."""
        self.next = Position(epoch + 1)
        self._loaded = False
        self.tick = tick

    def moved(self, position: Position, extent: Extent | None, batches: int = 1) -> None:
        """A pass has handed out a batch: that is where the loader is, whatever is next."""
        for place in range(position.batch, position.batch + batches):
            position.digests.pop(place - _KEPT, None)  # type: ignore[union-attr]  # it has begun
        position.batch += batches
        position.before = position.samples
        if extent is not None:
            position.samples = extent.after(batches, position.samples)
        if position is not self.aside:
            self._shown = position
        self.waiting = None

    def to_dict(self, order: str, dealt: bool, ahead: int = 0) -> dict[str, Any]:
        """Seed, epoch, batch and order; and samples if the order is dealt out here.

        Args:
            order: what the loader hands out, in words.
            dealt: whether it is.
            ahead: how many of the batches that were handed out don't count yet.
        """
        position = self.where
        batch = max(position.batch - ahead, 0)
        state: dict[str, Any] = {"seed": self.seed, "epoch": position.epoch, "batch": batch}
        if dealt:
            state["samples"] = position.before if ahead else position.samples
        elif position.digests and batch in position.digests:
            state["digest"] = [*position.digests[batch]]
        elif batch and position.digest is not None:  # loaded, and nothing given since
            state["digest"] = [*position.digest]
        return {**state, "order": position.order or order}

    def load(
        self,
        state: dict[str, Any],
        version: int,
        order: str,
        batches: int | None,
        extent: Extent | None,
    ) -> None:
        """Check a state and make it the beginning of the next pass.

        Args:
            state: from `to_dict`, with a stream version.
            version: of this seedaug.
            order: what the loader hands out, in words.
            batches: in an epoch, if that is known.
            extent: of a batch, where the order is dealt out here.
        """
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict: the state must be a dict, from state_dict(), got {state!r}"
            )
        wanted = ("seed", "epoch", "batch", "stream_version")
        if missing := [name for name in wanted if name not in state]:
            raise ValueError(f"load_state_dict: the state lacks {missing}, it has {sorted(state)}")
        if (came := check_coordinate("seed", state["seed"])) != self.seed:
            raise ValueError(
                f"load_state_dict: the state is of seed {came}, this loader of {self.seed}"
            )
        if (other := checked_count("stream_version", state["stream_version"])) != version:
            raise ValueError(
                f"load_state_dict: the state is of stream version {other}, this "
                f"seedaug draws version {version}: the run cannot go on with the same numbers"
            )
        if state.get("order", order) != order:
            raise ValueError(
                f"load_state_dict: the state is of another order: it was taken of "
                f"{state['order']!r}, this loader hands out {order!r}; its place means nothing here"
            )
        epoch = check_coordinate("epoch", state["epoch"])
        position = Position(epoch, checked_count("batch", state["batch"]))
        if state.get("digest") is not None:
            position.digest = checked_digest(state["digest"])
        if extent is None:
            if batches is not None and position.batch > batches:
                raise beyond_the_end(position.batch, batches)
        elif "samples" in state:
            position.samples = checked_count("samples", state["samples"])
            if position.samples > extent.total:
                raise ValueError(
                    f"load_state_dict: sample {position.samples} is beyond the {extent.total} of "
                    "an epoch; was the state taken with another dataset?"
                )
        else:  # a state of seedaug 0.1, of as many ranks and the same batch size
            if batches is not None and position.batch > batches:
                raise beyond_the_end(position.batch, batches)
            position.samples = extent.after(position.batch)
        self._go_to(position)
        self._loaded = True
