"""torchdata.nodes: a stream as a node, whose epochs advance by themselves.

`StatefulDataLoader` needs nothing from here: the seeded datasets and `seedaug.KeyedSampler` have
the states that it saves. Nor do nodes over a map-style dataset:
``SamplerWrapper(KeyedSampler(...))`` tells the sampler each epoch, and its indices carry it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchdata.nodes import BaseNode

from seedaug.data.iterable import SeededIterableDataset
from seedaug.key import check_coordinate

__all__ = ["StreamNode"]


class StreamNode(BaseNode):  # type: ignore[misc]  # torchdata has no types
    """A `SeededIterableDataset` as the source of a `torchdata.nodes` pipeline.

    As `torchdata.nodes.IterableWrapper`, but each pass is the next epoch, as in `SamplerWrapper`.

    Args:
        dataset: the stream.
        initial_epoch: of the first pass; 0 … 2**24 - 1.

    Raises:
        TypeError: `dataset` is none, or `initial_epoch` no integer.
        ValueError: `initial_epoch` is out of range.
    """

    def __init__(self, dataset: SeededIterableDataset, initial_epoch: int = 0) -> None:
        super().__init__()
        if not isinstance(dataset, SeededIterableDataset):
            raise TypeError(
                f"StreamNode takes a seedaug.SeededIterableDataset, got {type(dataset).__name__}; "
                "for a SeededDataset use torchdata.nodes.MapStyleWrapper and a KeyedSampler"
            )
        self.dataset = dataset
        self.epoch = check_coordinate("epoch", initial_epoch)
        self._started = False
        self._samples: Iterator[Any] = iter(())

    def reset(self, initial_state: dict[str, Any] | None = None) -> None:
        """Begin the next epoch, or go on where `initial_state` was taken."""
        super().reset(initial_state)
        if initial_state is not None:
            self.epoch = initial_state["epoch"]
            self.dataset.set_epoch(self.epoch)
            self.dataset.load_state_dict(initial_state["dataset"])
        else:
            self.epoch += self._started
            self.dataset.set_epoch(self.epoch)
        self._samples = iter(self.dataset)
        self._started = False

    def next(self) -> Any:
        """The next sample."""
        self._started = True
        return next(self._samples)

    def get_state(self) -> dict[str, Any]:
        """The epoch, and the dataset's own state."""
        return {"epoch": self.epoch, "dataset": self.dataset.state_dict()}
