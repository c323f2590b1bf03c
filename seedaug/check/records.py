"""What a worker tells of one batch, and what a run of the loader gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Draw", "Event", "Phase", "Record", "Run"]


@dataclass(frozen=True)
class Draw:
    """One generator that moved while a batch was made.

    Args:
        name: the way to it, the name of a global one, or where it was made.
        kind: such as "numpy Generator (PCG64)".
        before, after: digests of its states; `before` is None where it was made in the sample.
        seeded: its states right after each seeding in the sample.
        made: whether it was made in the sample.
    """

    name: str
    kind: str
    before: bytes | None
    after: bytes | None
    seeded: tuple[bytes, ...] = ()
    made: bool = False


@dataclass
class Record:
    """What the probe in a worker (or in the main process, as worker 0) saw of one batch.

    Args:
        worker: its number.
        samples: of each sample, the digests of its parts.
        batch: the same of what `collate_fn` made, where that is the user's and worked.
        draws: the generators that moved.
        places: the lines that moved them, by name of the generator (traced batches only).
        traced: whether it was traced, so that its bytes count for nothing.
        notes: remarks for the user, such as what collate_fn raised.
    """

    worker: int
    samples: list[dict[str, bytes]]
    batch: dict[str, bytes] | None
    draws: list[Draw]
    places: dict[str, list[str]] = field(default_factory=dict)
    traced: bool = False
    notes: list[str] = field(default_factory=list)


class Phase(Enum):
    """What a batch is asked for."""

    ALIGNED = "aligned"  # the same samples of every worker, in every epoch, at the same position
    AGAIN = "again"  # the same once more, at another position
    SHIFTED = "shifted"  # other samples of every worker and in every epoch, at the same position
    NATURAL = "natural"  # one pass: each sample once


@dataclass(frozen=True)
class Event:
    """One batch of one run: who made it, when, of what.

    Args:
        key: which samples, by their place in the list of those that are looked at; () in a stream.
        position: how many batches this worker had made before in this epoch.
    """

    rank: int
    worker: int
    epoch: int
    position: int
    phase: Phase
    key: tuple[int, ...]
    record: Record

    @property
    def cell(self) -> tuple[int, int, int]:
        """(rank, epoch, worker)."""
        return self.rank, self.epoch, self.worker


@dataclass
class Run:
    """The events of one run, and what it has to remark."""

    events: list[Event]
    notes: list[str] = field(default_factory=list)
