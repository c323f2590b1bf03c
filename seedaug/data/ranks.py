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


class Ranked:
    """Knows its rank: as given, or as it is when it is asked for.

    A loader may be made before `init_process_group`, so what is not given is looked up each time.
    """

    given: tuple[int, int] | None = None  # rank and number of ranks

    def _set_ranks(self, num_replicas: int | None, rank: int | None) -> None:
        """Take ranks as a user gives them.

        Raises:
            ValueError: only one is given and nothing else knows the other, or `rank` is none of
                them.
        """
        if num_replicas is None and rank is None:
            return
        known_rank, known_world = known_ranks()
        if known_world == 1 and (num_replicas is None or rank is None):
            raise ValueError(
                "give num_replicas= and rank= together, got "
                f"num_replicas={num_replicas}, rank={rank}"
            )
        for name, number in (("num_replicas", num_replicas), ("rank", rank)):
            if number is not None and type(number) is not int:
                raise TypeError(f"{name} must be an integer, got {number!r}")
        world = known_world if num_replicas is None else num_replicas
        own = known_rank if rank is None else rank
        if not 0 <= own < world:
            raise ValueError(
                f"rank must be from 0 to num_replicas - 1, got rank={own}, num_replicas={world}"
            )
        self.given = own, world

    @property
    def rank(self) -> int:
        """Which rank this is."""
        return (self.given or known_ranks())[0]

    @property
    def num_replicas(self) -> int:
        """How many ranks the order is dealt out over."""
        return (self.given or known_ranks())[1]
