"""Keeps and takes up a place as torchdata's StatefulDataLoader does, without workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch.utils.data as data


class TorchdataLike(data.DataLoader[Any]):
    """torch's loader with a state: those of its sampler and dataset, and a count of batches."""

    _place: dict[str, Any] | None = None
    _count, _ended = 0, False

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        state, self._place = self._place, None
        skip = 0
        if state is not None and not state["ended"]:
            skip = state["count"]
            for part, name in ((self.dataset, "dataset"), (self.sampler, "sampler")):
                if state[name] is not None:
                    part.load_state_dict(state[name])  # type: ignore[attr-defined]
            if state["dataset"] is not None and self._streams:
                skip = 0
        return self._pass(skip, state is not None and state["dataset"] is not None)

    @property
    def _streams(self) -> bool:
        return isinstance(self.dataset, data.IterableDataset)

    def _pass(self, skip: int, resumed: bool) -> Iterator[Any]:
        self._count, self._ended = skip, False
        source = super().__iter__() if not skip else self._after(skip)
        for batch in source:
            self._count += 1
            yield batch
        self._ended = True

    def _after(self, skip: int) -> Iterator[Any]:
        """The order is run through; of a map, what is skipped is not loaded."""
        if self._streams:
            for number, batch in enumerate(super().__iter__()):
                if number >= skip:
                    yield batch
            return
        for number, indices in enumerate(self.batch_sampler):
            if number >= skip:
                yield self.collate_fn(self._load(indices))

    def _load(self, indices: Any) -> Any:
        at_once = getattr(self.dataset, "__getitems__", None)
        return at_once(indices) if at_once else [self.dataset[index] for index in indices]

    def state_dict(self) -> dict[str, Any]:
        """After the batch that was handed out last."""

        def of(part: Any) -> Any:
            return part.state_dict() if hasattr(part, "state_dict") else None

        return {
            "count": self._count,
            "ended": self._ended,
            "dataset": of(self.dataset),
            "sampler": of(self.sampler),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """For the next pass."""
        self._place = state
