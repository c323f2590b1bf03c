"""Where a loader is: its epoch, the batches handed out, and what the next pass will be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seedaug.data.epoch import next_tick
from seedaug.key import check_coordinate


class LoaderState:
    """The loader's position, and the rules by which it moves.

    Args:
        seed: the loader's.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tick = 0
        self._next = (0, 0)  # epoch and batch that the next pass begins with
        self._running: CountedPass | None = None

    @property
    def shown_epoch(self) -> int:
        """The epoch of the last pass begun, or else the next."""
        return self._position()[0]

    def _position(self) -> tuple[int, int]:
        running = self._running
        return self._next if running is None else (running.epoch, running.batch)

    def choose(self, epoch: int) -> None:
        """The next pass is this epoch, from its start."""
        self._next = (epoch, 0)
        self._running = None
        self.tick = next_tick()

    def begin(self) -> tuple[int, int]:
        """Begin a pass: its epoch, and how many batches it leaves out."""
        epoch, batch = self._next
        check_coordinate("epoch", epoch)
        self._running = CountedPass(epoch, batch)
        self._next = (epoch + 1, 0)
        return epoch, batch

    def count(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The pass just begun, over `batches`."""
        assert self._running is not None
        self._running.batches = batches
        return self._running

    def to_dict(self) -> dict[str, int]:
        """Seed, epoch and batch."""
        epoch, batch = self._position()
        return {"seed": self.seed, "epoch": epoch, "batch": batch}

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
            raise ValueError(
                f"load_state_dict: batch {batch} is beyond the {batches} batches of an epoch; was "
                "the state taken with another batch_size, dataset or number of ranks?"
            )
        self.choose(epoch)
        self._next = (epoch, batch)


class CountedPass:
    """Hands out a pass's batches and counts them.

    Args:
        epoch: the pass's.
        batch: how many of its batches were handed out before.
    """

    def __init__(self, epoch: int, batch: int) -> None:
        self.epoch = epoch
        self.batch = batch
        self.batches: Iterator[Any] = iter(())

    def __iter__(self) -> CountedPass:
        return self

    def __next__(self) -> Any:
        batch = next(self.batches)
        self.batch += 1
        return batch

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]  # torch's iterators have a length
