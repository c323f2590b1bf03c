"""Ray Data: each row's image is augmented under the key of the row's own id.

A row's draws depend on (seed, epoch, id), so blocks, batches, actors, nodes and what Ray computes
again after a failure make no difference. In Ray Train, whose shards run one dataset once per epoch,
`collate_fn` augments where the batch is read.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch

from seedaug.data.epoch import RepeatedEpochWarning
from seedaug.integrations.columns import Batch, Channels, RowKey, Rows

__all__ = ["augment", "collate_fn"]


def augment(
    dataset: Any,
    compose: Callable[[Any], Any],
    seed: int,
    epoch: int,
    key: RowKey = "id",
    *,
    image: str = "image",
    visit: str | None = None,
    channels: Channels | None = None,
    return_key: bool = False,
    seed_globals: bool = False,
    **options: Any,
) -> Any:
    """A Ray dataset with every row's image augmented, as of one epoch.

    It is lazy and streams, as `Dataset.map_batches` does. It is of one epoch: call it again for
    the next.

    Args:
        dataset: a `ray.data.Dataset`.
        compose: a `Compose` or another transform of seedaug's; or any callable, which gets one
            image at a time under the row's key (`seedaug.rng()` inside is the row's own).
        seed: which run.
        epoch: 0 … 2**24 - 1.
        key: the column with each row's id, an integer of 0 … 2**40 - 1 that no other row has; or
            a function from a row (a dict) to that integer.
        image: the column with the images: uint8 or floating-point tensors [H, W, C], [C, H, W] or
            [H, W], of one size or ragged. All other columns pass through.
        visit: a column that counts, from 0, which occurrence of its id a row is: rows of one id
            then draw differently (their worker coordinate is the visit). Without it, ids that come
            twice in one batch are an error.
        channels: which dimension of an image counts channels, going in and coming out. Default
            "last", as `ray.data.read_images` has it, where that is no obvious mistake.
        return_key: add the packed keys as the column "key", int64 [N, 3].
        seed_globals: set `random`, NumPy's and torch's global generators around each image, for
            third-party transforms in `compose`; one image at a time.
        **options: `map_batches`'s own: batch_size, compute (an `ActorPoolStrategy` for actors),
            num_cpus, ….

    Raises:
        TypeError: `dataset` is none of Ray's, or an argument is of the wrong type.
        ValueError: seed or epoch is out of range, or bfloat16 is asked for.
        ray.exceptions.RayTaskError: (when it runs) a row's id or image is not as said above.

    Warns:
        RepeatedEpochWarning: the dataset, or one made from it, is run a second time: by its own
            iterators, or by those of `streaming_split` and Ray Train.
    """
    if not hasattr(dataset, "map_batches"):
        raise TypeError(
            f"augment: dataset must be a ray.data.Dataset, got {type(dataset).__name__}; for an "
            "iterator, as get_dataset_shard gives, see seedaug.integrations.ray.collate_fn"
        )
    if "batch_format" in options:
        raise TypeError('augment: batches are arrays: leave out batch_format (it is "numpy")')
    rows = Rows(compose, seed, epoch, key, image, visit, channels, return_key, seed_globals)
    work = _Work(rows)
    if _wants_actors(options):
        options |= {"fn_constructor_args": (work,)}
        return dataset.map_batches(_Actor, batch_format="numpy", **options)
    options |= {"fn_kwargs": {"work": work}}
    return dataset.map_batches(_augmented, batch_format="numpy", **options)


def collate_fn(
    compose: Callable[[Any], Any],
    seed: int,
    epoch: int,
    key: RowKey = "id",
    *,
    image: str = "image",
    visit: str | None = None,
    channels: Channels | None = None,
    return_key: bool = False,
    seed_globals: bool = False,
    then: Callable[[Batch], Any] | None = None,
) -> Any:
    """What augments the batches of `iter_torch_batches`, in the process that reads them.

    For Ray Train, where a dataset is fixed before the first epoch::

        shard = ray.train.get_dataset_shard("train")
        for epoch in range(epochs):
            work = seedaug.integrations.ray.collate_fn(compose, seed, epoch)
            for batch in shard.iter_torch_batches(batch_size=64, collate_fn=work):
                ...

    Args:
        compose, seed, epoch, key, image, visit, channels, return_key, seed_globals: as for
            `augment`; the bytes are the same.
        then: called with the batch of arrays, to make of it what you want; default, a dict of
            tensors, which Ray moves to the device. Strings and ragged images need one.

    Raises:
        TypeError, ValueError: as `augment`.
    """
    from ray.data.collate_fn import NumpyBatchCollateFn

    rows = Rows(compose, seed, epoch, key, image, visit, channels, return_key, seed_globals)
    finish = _tensors if then is None else then

    class Augmented(NumpyBatchCollateFn):  # type: ignore[misc]
        def __call__(self, batch: Batch) -> Any:
            return finish(rows(batch))

    return Augmented()


def _wants_actors(options: Mapping[str, Any]) -> bool:
    from ray.data import ActorPoolStrategy

    return isinstance(options.get("compute"), ActorPoolStrategy) or isinstance(
        options.get("concurrency"), tuple
    )


def _augmented(batch: Batch, work: _Work) -> Batch:
    return work(batch)


class _Actor:
    """What an actor holds."""

    def __init__(self, work: _Work) -> None:
        self.work = work

    def __call__(self, batch: Batch) -> Batch:
        return self.work(batch)


class _Work:
    """A dataset's function. It warns when a dataset, which is of one epoch, is run again.

    Ray pickles a dataset's functions when it begins to run it, in the driver or in the actor that
    splits it for several readers.

    Args:
        rows: what it does.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __call__(self, batch: Batch) -> Batch:
        return self.rows(batch)

    def __getstate__(self) -> dict[str, Any]:
        if _run_number() > 0:
            warnings.warn(
                "seedaug.integrations.ray.augment: the dataset of epoch "
                f"{self.rows.epoch} is run a second time, and its rows get the same draws again; "
                "call augment(..., epoch) for each epoch, or augment where Ray Train reads "
                "(collate_fn=)",
                RepeatedEpochWarning,
                stacklevel=2,
            )
        return self.__dict__


def _run_number() -> int:
    """Which run of a dataset this is, from 0. Ray's executor, a caller, has it in a name.

    A look at some rows (`take`, `schema`, `count`) is the first run of a dataset of its own.
    """
    frame = sys._getframe(1)
    while (caller := frame.f_back) is not None:
        frame = caller
        name = getattr(frame.f_locals.get("self"), "_dataset_id", None)
        if isinstance(name, str) and (number := name.rpartition("_")[2]).isdecimal():
            return int(number)
    return 0


def _tensors(batch: Batch) -> dict[str, torch.Tensor]:
    for name, column in batch.items():
        if column.dtype.kind not in "biufc":
            raise TypeError(
                f"collate_fn: the column {name!r} ({column.dtype}) makes no tensor; give then=, "
                "or drop_columns before"
            )
    return {
        name: torch.from_numpy(column if column.flags.writeable else column.copy())
        for name, column in batch.items()
    }
