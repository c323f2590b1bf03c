"""Where a loader is: its epoch, the batches handed out, and what the next pass will be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seedaug.data.epoch import next_tick
from seedaug.data.index import ride
from seedaug.key import check_coordinate

_END: Any = object()


def beyond_the_end(batch: int, batches: int) -> ValueError:
    """The error for a state of a longer epoch than the one at hand."""
    return ValueError(
        f"load_state_dict: batch {batch} is beyond the {batches} batches of an epoch; was the "
        "state taken with another batch_size, dataset, number of ranks, or of workers (for a stream)?"
    )


@dataclass(slots=True)
class Position:
    """An epoch, and how many of its batches were handed out."""

    epoch: int
    batch: int


class LoaderState:
    """The loader's position, and the rules by which it moves.

    Args:
        seed: the loader's.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tick = 0
        self._next = Position(0, 0)  # where the next pass begins
        self._last: Position | None = None  # where the last one is

    @property
    def shown_epoch(self) -> int:
        """The epoch of the last pass begun, or else the next."""
        return (self._last or self._next).epoch

    def choose(self, epoch: int) -> None:
        """The next pass is this epoch, from its start."""
        self._next = Position(epoch, 0)
        self._last = None
        self.tick = next_tick()

    def begin(self) -> Position:
        """Begin a pass: its epoch, and how many batches it leaves out."""
        begun = self._next
        check_coordinate("epoch", begun.epoch)
        self._next = Position(begun.epoch + 1, 0)
        self._last = begun
        return begun

    def to_dict(self) -> dict[str, int]:
        """Seed, epoch and batch."""
        position = self._last or self._next
        return {"seed": self.seed, "epoch": position.epoch, "batch": position.batch}

    def load(self, state: dict[str, Any], seed: int, version: int, batches: int | None) -> None:
        """Check a state and make it the beginning of the next pass."""
        wanted = ("seed", "epoch", "batch", "stream_version")
        if missing := [name for name in wanted if name not in state]:
            raise ValueError(f"load_state_dict: the state lacks {missing}, it has {sorted(state)}")
        if (came := check_coordinate("seed", state["seed"])) != seed:
            raise ValueError(f"load_state_dict: the state is of seed {came}, this loader of {seed}")
        if state["stream_version"] != version:
            raise ValueError(
                f"load_state_dict: the state is of stream version {state['stream_version']}, this "
                f"seedaug draws version {version}: the run cannot go on with the same numbers"
            )
        epoch = check_coordinate("epoch", state["epoch"])
        batch = check_coordinate("index", state["batch"])
        if batches is not None and batch > batches:
            raise beyond_the_end(batch, batches)
        self.choose(epoch)
        self._next = Position(epoch, batch)


class CountedPass:
    """Hands out a pass's batches and counts them.

    The loader keeps the position only: a pass that is abandoned takes its workers with it.

    Args:
        position: counts on from here.
        batches: what to hand out.
        replayed: how many batches come first that were handed out before, and are dropped.
    """

    def __init__(self, position: Position, batches: Iterator[Any], replayed: int = 0) -> None:
        self.position = position
        self.batches = batches
        self.replayed = replayed

    def __iter__(self) -> CountedPass:
        return self

    def __next__(self) -> Any:
        # What is loaded in this process, further in than any index reaches, is of this epoch too.
        token = ride.set((self.position.epoch, 0))
        try:
            while self.replayed:
                self._drop()
            batch = next(self.batches)
        finally:
            ride.reset(token)
        self.position.batch += 1
        return batch

    def _drop(self) -> None:
        if next(self.batches, _END) is _END:
            batch = self.position.batch
            raise beyond_the_end(batch, batch - self.replayed)
        self.replayed -= 1

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]  # torch's iterators have a length
