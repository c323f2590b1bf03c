"""A dataset, samplers and a loader that note every call, to compare a stand-in with the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.utils.data as data


class Calls(list[str]):
    """What was called, in order."""

    def squeezed(self) -> list[str]:
        """With reading counted: ``["iter", "read x 3"]``."""
        found: list[str] = []
        count = 0
        for call in [*self, ""]:
            if call == "read":
                count += 1
                continue
            if count:
                found.append(f"read x {count}")
            count = 0
            found.append(call)
        return found[:-1]


class NotedDataset(data.Dataset[Any]):
    """Eight samples; notes `set_epoch`, and each batch that is read."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: list[int]) -> list[torch.Tensor]:
        self.calls.append("read")
        return [torch.tensor([float(index)]) for index in indices]

    def set_epoch(self, epoch: int) -> None:
        self.calls.append(f"dataset.set_epoch({epoch})")


class NotedStream(data.IterableDataset[Any]):
    """Eight samples of a stream; notes its beginning, and each sample that is read."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def __iter__(self) -> Iterator[torch.Tensor]:
        self.calls.append("dataset.iter")
        for index in range(8):
            self.calls.append("read")
            yield torch.tensor([float(index)])

    def set_epoch(self, epoch: int) -> None:
        self.calls.append(f"dataset.set_epoch({epoch})")


class NotedSampler(data.Sampler[int]):
    """Notes `set_epoch` and the beginning of each pass.

    Args:
        calls: where.
        epochs: whether it has a `set_epoch`.
    """

    def __init__(self, calls: Calls, epochs: bool = True) -> None:
        self.calls = calls
        if epochs:
            self.set_epoch = lambda epoch: calls.append(f"sampler.set_epoch({epoch})")

    def __len__(self) -> int:
        return 8

    def __iter__(self) -> Iterator[int]:
        self.calls.append("sampler.iter")
        return iter(range(8))


class NotedLoader(data.DataLoader[Any]):
    """Notes `iter` and the two calls of a state."""

    calls: Calls

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.calls = self.dataset.calls  # type: ignore[attr-defined]

    def __iter__(self) -> Any:
        self.calls.append("iter")
        return super().__iter__()

    def state_dict(self) -> dict[str, Any]:
        self.calls.append("state_dict")
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.calls.append("load_state_dict")
