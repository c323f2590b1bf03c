"""Where a pass of a stream is, and how its source gets there again after a resume."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seedaug.data.hugging_face import forgets
from seedaug.data.resume import is_stateful


class Place:
    """A pass: its epoch, the samples handed out, and what the source says of its own place.

    Args:
        epoch: the pass's.
        state: where to go on, from `state_dict` of a `SeededIterableDataset`; else from the start.
    """

    def __init__(self, epoch: int, state: dict[str, Any] | None = None) -> None:
        state = state or {"count": 0, "ended": False, "split": None, "source": None}
        self.epoch = epoch
        self.count: int = state["count"]
        self.ended: bool = state["ended"]
        self.split: list[int] | None = state["split"]
        self.resumed = self.count > 0 or self.ended  # and nothing was handed out since
        self._left: dict[str, Any] | None = state["source"]  # until the source is opened
        self._opened = False
        self._iterator: Any = None  # the source's, where that has a state of its own

    def take_split(self, split: list[int]) -> None:
        """Note who runs the pass: [rank, ranks, worker, workers].

        Raises:
            ValueError: the place is another's, so that other samples come before it.
        """
        if self.split is not None and self.split != split:
            names = "rank {} of {}, worker {} of {}"
            raise ValueError(
                f"a stream's state was taken in {names.format(*self.split)} and is resumed in "
                f"{names.format(*split)}: a stream resumes with the same number of ranks and "
                "workers (0 workers count as 1)"
            )
        self.split = split

    @property
    def worker(self) -> int:
        """Which worker of all ranks runs the pass."""
        rank, _, own, workers = self.split or [0, 1, 0, 1]
        return rank * workers + own

    @property
    def workers(self) -> int:
        """How many workers there are on all ranks."""
        _, ranks, _, workers = self.split or [0, 1, 0, 1]
        return ranks * workers

    def open(self, source: Any) -> tuple[Iterator[Any], int]:
        """The source's iterator, and how many of its samples come again and are to be dropped."""
        left, self._left = self._left, None
        self._opened = True
        if left and "dataset" in left:
            source.load_state_dict(left["dataset"])
        iterator: Any = iter(source) if not left else resumed_iterator(source)
        if left and "iterator" in left:
            iterator.load_state_dict(left["iterator"])
        self._iterator = iterator if is_stateful(iterator) and iterator is not source else None
        replayed, self.count = (0, self.count) if left else (self.count, 0)
        return iterator, replayed

    def state(self, source: Any, skips: bool) -> dict[str, Any]:
        """The place, as for `Place`; `skips` if the source may be told where to go on."""
        own = None
        if not self._opened:
            own = self._left
        elif skips and not self.ended and not forgets(source):
            named = {"dataset": source, "iterator": self._iterator}
            own = {name: one.state_dict() for name, one in named.items() if is_stateful(one)}
        return {
            "count": self.count,
            "ended": self.ended,
            "split": self.split,
            "source": own or None,
        }


def resumed_iterator(source: Any) -> Iterator[Any]:
    """The iterator of a source that was told where to go on.

    At its very end a `torchdata.nodes.Loader` would begin anew: that is the next pass's to do.
    """
    restarts = getattr(source, "restart_on_stop_iteration", False)
    if not restarts:
        return iter(source)
    source.restart_on_stop_iteration = False
    try:
        return iter(source)
    finally:
        source.restart_on_stop_iteration = restarts
