"""What the seeded datasets share: each sample is made under its key, then transformed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import get_worker_info

from seedaug.context import Sample, _current
from seedaug.data.epoch import SharedEpoch
from seedaug.data.held import Watch
from seedaug.data.ranks import known_ranks
from seedaug.key import Key, Packed, check_coordinate
from seedaug.random import under_seeded_globals

Transform = Callable[[Any], Any]

# Methods not handed out though the wrapped dataset has them. Those of Hugging Face and webdataset
# give another dataset, without keys and transforms: the augmentation would be gone in silence.
_CHAINS = """
    batch batched compose decode filter listed map map_dict map_tuple rename repeat select shard
    shuffle skip slice take to_tuple unbatched with_epoch with_format with_length with_transform
"""
_WITHHELD = frozenset(_CHAINS.split())
_HOLDERS = ("transform", "target_transform", "transforms", "dataset")  # of a user's generators

NOTHING: Any = object()
"""What a fetch returns when there is no sample to transform or to key."""


class KeyedSource:
    """Wraps a source of samples; see `SeededDataset` for the arguments."""

    def __init__(
        self,
        dataset: Any,
        seed: int,
        transform: Transform | None,
        target_transform: Transform | None,
        transforms: Transform | None,
        return_key: bool,
        seed_globals: bool,
        watched: int,
    ) -> None:
        for name, function in (
            ("transform", transform),
            ("target_transform", target_transform),
            ("transforms", transforms),
        ):
            if function is not None and not callable(function):
                raise TypeError(f"{name} must be callable or None, got {function!r}")
        if transforms is not None and not (transform is None and target_transform is None):
            raise ValueError(
                "give transforms= (it gets the whole sample) or transform= and target_transform= "
                "(they get its first and second element), not both"
            )
        self.dataset = dataset
        self.seed = check_coordinate("seed", seed)
        self.transform = transform
        self.target_transform = target_transform
        self.transforms = transforms
        self.return_key = return_key
        self.seed_globals = seed_globals
        self._clock = SharedEpoch(watched)
        self._followers: list[Any] = []  # samplers that are told of the epoch, too
        self._watch: Watch | None = Watch()
        self._ran: tuple[int, str] | None = None  # epoch and order that a loader ran last
        self._warned_of_new_loader = False

    @property
    def epoch(self) -> int:
        """The epoch that was set last; the loader of this package sets it at each pass."""
        return self._clock.epoch

    @property
    def apart_by_rank(self) -> bool:
        """Whether ranks that load the same sample draw differently."""
        return False

    def _refresh_rank(self) -> None:
        """Read the rank again where torch.distributed knows it: in the main process."""
        if get_worker_info() is None:
            rank, world = known_ranks()
            if world > 1:
                self._rank, self._world = rank, world

    def set_epoch(self, epoch: int) -> None:
        """Draw the samples of `epoch` from now on, in live worker processes too.

        Args:
            epoch: 0 … 2**24 - 1. Setting the epoch it has repeats it on purpose, unwarned.

        Raises:
            TypeError: `epoch` is no integer.
            ValueError: it is out of range.
        """
        self._clock.choose(epoch)
        for told in (self.dataset, *self._followers):
            if callable(inner := getattr(told, "set_epoch", None)):
                inner(epoch)

    def _under(self, packed: Packed, make: Callable[[Any, Packed], Any], argument: Any) -> Any:
        """``make(argument, packed)`` under that key; errors are told whose they are."""
        if self._watch is not None:
            make = self._watch.around(make, self, *_HOLDERS)
            if self._watch.over:
                self._watch = None
        sample = Sample(packed)
        token = _current.set(sample)
        try:
            if not self.seed_globals:
                return make(argument, packed)
            with under_seeded_globals(sample):
                return make(argument, packed)
        except StopIteration as error:  # which a loop would take for the end of the epoch
            raise RuntimeError(
                f"StopIteration was raised while making {Key.unpack(packed)} of {self!r}: a loader "
                "would end the epoch there without a word; give next() a default, or raise "
                "another error"
            ) from error
        except Exception as error:
            self._name_sample(error, packed)
            raise
        finally:
            _current.reset(token)

    def _name_sample(self, error: Exception, packed: Packed) -> None:
        if hasattr(error, "add_note"):  # Python 3.11
            error.add_note(f"seedaug: raised while making {Key.unpack(packed)} of {self!r}")

    def _finish(self, sample: Any, packed: Packed) -> Any:
        if sample is NOTHING:
            return NOTHING
        if self.transforms is not None:
            sample = self.transforms(sample)
        elif self.transform is not None or self.target_transform is not None:
            sample = self._transform_parts(sample)
        if not self.return_key:
            return sample
        return with_key(sample, torch.tensor(packed, dtype=torch.int64, device="cpu"))

    def _transform_parts(self, sample: Any) -> Any:
        """`transform` on the first element of a tuple or list, `target_transform` on the second."""
        parts = self._open(sample)
        if parts is None:
            return sample if self.transform is None else self.transform(sample)
        if self.transform is not None:
            parts[0] = self.transform(parts[0])
        if self.target_transform is not None:
            parts[1] = self.target_transform(parts[1])
        return closing(type(sample))(parts)

    def _open(self, sample: Any) -> list[Any] | None:
        """The elements of a tuple or list, or None for a sample of another type.

        Raises:
            TypeError: an element is missing that a transform is for.
        """
        if isinstance(sample, (tuple, list)):
            parts = [*sample]
            if len(parts) > (self.target_transform is not None):
                return parts
            name = "target_transform" if parts or self.transform is None else "transform"
            raise TypeError(
                f"{name}= needs samples of {2 if name == 'target_transform' else 1} or more "
                f"elements, got {len(parts)}"
            )
        if self.target_transform is not None:
            raise TypeError(
                f"target_transform= needs samples of two elements, got {type(sample).__name__}"
            )
        return None

    def __getattr__(self, name: str) -> Any:
        """Attributes of the wrapped dataset: `classes`, `targets` and the like."""
        if name.startswith("_") or "dataset" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        if name in _WITHHELD and callable(getattr(self.dataset, name, None)):
            raise AttributeError(
                f"{type(self).__name__} does not hand out {name!r} of its dataset "
                f"{type(self.dataset).__name__}: what that gives would be without keys and "
                "transforms; use it before wrapping"
            )
        try:
            return getattr(self.dataset, name)
        except AttributeError:
            raise AttributeError(
                f"neither {type(self).__name__} nor its dataset {type(self.dataset).__name__} "
                f"has an attribute {name!r}"
            ) from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.dataset).__name__}, seed={self.seed})"


def closing(kind: type) -> Callable[[list[Any]], Any]:
    """What makes a sample of the type `kind`, a tuple or list, from its elements."""
    if kind is tuple:
        return tuple
    if hasattr(kind, "_fields"):  # a named tuple
        make: Callable[[list[Any]], Any] = kind._make  # type: ignore[attr-defined]
        return make
    return list if issubclass(kind, list) else tuple


def with_key(sample: Any, key: Any) -> Any:
    """A sample with its key behind it."""
    return (*sample, key) if isinstance(sample, (tuple, list)) else (sample, key)
