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
