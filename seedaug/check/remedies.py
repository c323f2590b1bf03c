"""Remedies: two lines for each finding, the first with seedaug and the second without."""

from __future__ import annotations

from seedaug.check.draws import Across, Source
from seedaug.check.generators import NUMPY, PYTHON, TORCH
from seedaug.data.held import adapter

__all__ = ["COLLATED", "DUPLICATED", "RANKS", "SET_EPOCH", "depends", "not_resumable", "repeats"]

_WRAP = "seedaug.DataLoader(seedaug.SeededDataset(dataset, seed=0, seed_globals=True), ...)"
_WRAP_STREAM = (
    "seedaug.DataLoader(seedaug.SeededIterableDataset(dataset, seed=0, seed_globals=True), ...)"
)

_KEYED = (  # seed_globals reaches global generators alone
    "key each sample's draws: from seedaug.rng() instead of held generators, and wrap: "
)
COLLATED = (
    "collate_fn draws: hand it to seedaug.DataLoader, which keys each batch, with "
    "SeededDataset(..., seed_globals=True) if it draws from global generators",
    "or mix in the training loop, under seedaug.seed_globals(key) or with a keyed generator",
)
RANKS = (
    f"deal one keyed order out to the ranks: {_WRAP} does",
    "or seed each rank otherwise: torch.manual_seed(seed + rank)",
)
SET_EPOCH = (
    "call sampler.set_epoch(epoch) (and dataset.set_epoch(epoch)) before each epoch",
    "or use seedaug.DataLoader, whose epochs advance by themselves",
)
DUPLICATED = (
    "deal the stream out: itertools.islice(stream, info.id, None, info.num_workers), with",
    "info = torch.utils.data.get_worker_info() in __iter__ (None means one process)",
)


def depends(sources: list[Source]) -> tuple[str, str]:
    """What to do about draws that depend on how data is loaded.

    Args:
        sources: the generators that were drawn from.
    """
    known = [adapter(source.name) for source in sources if source.held]
    found = next((one for one in known if one is not None), None)
    keyed = _KEYED if found is None else f"wrap what holds generators in {found}, and wrap: "
    return (
        f"{keyed}{_WRAP}",
        "or keep num_workers, batch size and start method as they are whenever runs are compared",
    )


def not_resumable(stream: bool) -> tuple[str, str]:
    """What to do about draws that can't be had again."""
    wrap = _WRAP_STREAM if stream else _WRAP
    return (
        f"{_KEYED}{wrap}; save its state_dict()",
        "or save every generator's state at each epoch's start, and load the epoch again from "
        "there",
    )


def repeats(guilty: list[Source], across: Across, stream: bool) -> tuple[str, str]:
    """What to do about draws that repeat.

    Args:
        guilty: the generators that were found in the same state.
        across: what the draws repeat across.
        stream: whether the dataset is iterable.
    """
    wrap = _WRAP_STREAM if stream else _WRAP
    if not guilty:
        return (
            "draw what the library draws from seedaug.rng() and hand it the numbers, with the "
            "dataset in a seedaug.SeededDataset",
            "or seed that library in worker_init_fn, from torch.initial_seed()",
        )
    source = guilty[0]
    if source.held:
        known = adapter(source.name)
        draw = f"draw from seedaug.rng() in the sample instead of {source.name}"
        return (
            f"{f'wrap what holds {source.name} in {known}' if known else draw}, and wrap: "
            f"{wrap.replace(', seed_globals=True', '')}",
            f"or make {source.name} anew in worker_init_fn, from torch.initial_seed()",
        )
    if source.name in (NUMPY, PYTHON, TORCH) and not source.reseeded:
        return (
            f"leave out the worker_init_fn that seeds (torch seeds {source.name}) or wrap: {wrap}",
            "or seed there from torch.initial_seed() % 2**32, which differs by worker and epoch",
        )
    if across is Across.EPOCHS and source.keyed:
        return (
            f"seed by index and epoch, not by index alone; to have it so: {wrap}",
            "or leave the seeding out, and draw from the global generators, which torch seeds",
        )
    return (
        f"take the fixed seed out of the sample's code; for draws that can be repeated: {wrap}",
        "or seed from the sample's index and the epoch together",
    )
