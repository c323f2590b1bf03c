"""Where a loader is: its epoch, the batches handed out, and what the next pass will be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
        "state taken with another batch_size, dataset, number of ranks, or (a stream's) workers?"
    )


def _checked_batch(batch: Any) -> int:
    if isinstance(batch, bool) or not hasattr(batch, "__index__"):
        raise TypeError(f"load_state_dict: batch must be an integer, got {batch!r}")
    if batch < 0:
        raise ValueError(f"load_state_dict: batch must be from 0 up, got {batch}")
    return int(batch)


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
        self._shown: Position | None = None  # of the pass that moved last, if that came after
        self.begun: Position | None = None  # of the pass begun last

    @property
    def shown_epoch(self) -> int:
        """The epoch of the pass that last began or moved on, or else of the next."""
        return (self._shown or self._next).epoch

    def choose(self, epoch: int) -> None:
        """The next pass is this epoch, from its start."""
        self._next = Position(epoch, 0)
        self._shown = None
        self.tick = next_tick()

    def begin(self) -> Position:
        """Begin a pass: its epoch, and how many batches it leaves out."""
        begun = self._next
        check_coordinate("epoch", begun.epoch)
        self._next = Position(begun.epoch + 1, 0)
        self._shown = self.begun = begun
        return begun

    def moved(self, position: Position) -> None:
        """A pass has handed out a batch: that is where the loader is, whatever is next."""
        position.batch += 1
        self._shown = position

    def to_dict(self) -> dict[str, int]:
        """Seed, epoch and batch."""
        position = self._shown or self._next
        return {"seed": self.seed, "epoch": position.epoch, "batch": position.batch}

    def load(self, state: dict[str, Any], seed: int, version: int, batches: int | None) -> None:
        """Check a state and make it the beginning of the next pass."""
        if not isinstance(state, Mapping):
            raise TypeError(
                f"load_state_dict: the state must be a dict, from state_dict(), got {state!r}"
            )
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
        batch = _checked_batch(state["batch"])
        if batches is not None and batch > batches:
            raise beyond_the_end(batch, batches)
        self.choose(epoch)
        self._next = Position(epoch, batch)


class CountedPass:
    """Hands out a pass's batches and counts them.

    The loader keeps the position only: a pass that is abandoned takes its workers with it.

    Args:
        state: the loader's, in which to count.
        batches: what to hand out, in the pass that was begun last.
        replayed: how many batches come first that were handed out before, and are dropped.
        alone: the workers serve one pass at a time, and the next takes them away.
    """

    def __init__(
        self, state: LoaderState, batches: Iterator[Any], replayed: int, alone: bool
    ) -> None:
        assert state.begun is not None
        self.state = state
        self.position = state.begun
        self.alone = alone
        self._ended = False
        self.batches = batches
        self.replayed = replayed

    def __iter__(self) -> CountedPass:
        return self

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        if self.alone and self.position is not self.state.begun:
            raise RuntimeError(
                "seedaug.DataLoader: this pass ended when another was begun: persistent workers "
                "serve one pass at a time; use two loaders, or persistent_workers=False"
            )
        # What is loaded in this process, further in than any index reaches, is of this epoch too.
        token = ride.set((self.position.epoch, 0))
        try:
            while self.replayed:
                self._drop()
            batch = next(self.batches)
        except StopIteration:
            self._ended = True
            raise
        finally:
            ride.reset(token)
        self.state.moved(self.position)
        return batch

    def _drop(self) -> None:
        if next(self.batches, _END) is _END:
            batch = self.position.batch
            raise beyond_the_end(batch, batch - self.replayed)
        self.replayed -= 1

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]  # torch's iterators have a length
