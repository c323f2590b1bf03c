"""Which of how many training processes this one is."""

from __future__ import annotations

import os

import torch.distributed


def initialised_ranks() -> tuple[int, int]:
    """(rank, number of ranks) of torch.distributed, or (0, 1) when it isn't initialised."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def known_ranks() -> tuple[int, int]:
    """As `initialised_ranks`, falling back on what torchrun put into the environment."""
    rank, world = initialised_ranks()
    if world == 1:
        rank = int(os.environ.get("RANK", "0"))
        world = int(os.environ.get("WORLD_SIZE", "1"))
    if not 0 <= rank < world:
        raise ValueError(f"RANK must be from 0 to WORLD_SIZE - 1, got {rank} of {world}")
    return rank, world


def resolve_ranks(num_replicas: int | None, rank: int | None) -> tuple[int, int]:
    """(rank, number of ranks) as given, or else those of torch.distributed.

    Raises:
        ValueError: only one is given and torch.distributed doesn't know the other, or `rank` is
            none of them.
    """
    known_rank, known_world = initialised_ranks()
    if known_world == 1 and (num_replicas is None) != (rank is None):
        raise ValueError(
            f"give num_replicas= and rank= together, got num_replicas={num_replicas}, rank={rank}"
        )
    world = known_world if num_replicas is None else num_replicas
    own = known_rank if rank is None else rank
    if not 0 <= own < world:
        raise ValueError(
            f"rank must be from 0 to num_replicas - 1, got rank={own}, num_replicas={world}"
        )
    return own, world
