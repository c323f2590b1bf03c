"""Which cells of the matrix are run: shuffled runs in full, every pair of the other sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .task import Task

WORKERS = {"0w": (0, False), "2w": (2, False), "2p": (2, True)}
STAGES = ("train", "validate", "predict")


@dataclass(frozen=True)
class Family:
    """Cells that share one uninterrupted run."""

    variant: str
    task: Task
    courses: tuple[str, ...]
    stages: tuple[str, ...]
    workers: str

    @property
    def name(self) -> str:
        """As ``lightning-2ranks-0w-shuffle``."""
        ranks = f"{self.task.ranks}rank{'s' if self.task.ranks > 1 else ''}"
        return f"{self.variant}-{ranks}-{self.workers}-{self.task.order}"

    def cell(self, course: str, stage: str, verdict: tuple[str, str]) -> dict[str, Any]:
        """A result."""
        return {
            "name": f"{self.name}-{course}-{stage}",
            "variant": self.variant,
            "ranks": self.task.ranks,
            "workers": self.workers,
            "order": self.task.order,
            "course": course,
            "stage": stage,
            "verdict": verdict[0],
            "why": verdict[1],
        }


def _chosen(orders: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Shuffled runs with all ranks and workers, the other orders with some workers on each."""
    for ranks in (1, 2):
        for workers in WORKERS:
            yield ranks, workers, "shuffle"
    for number, order in enumerate(orders[1:]):
        for ranks in (1, 2):
            yield ranks, [*WORKERS][(number + ranks) % 3], order


def families(variants: Mapping[str, Mapping[str, Any]], only: str = "") -> Iterator[Family]:
    """What is run of a driver's variants, with `only` as a beginning of its name."""
    for variant, offer in variants.items():
        for ranks, workers, order in _chosen(offer["orders"]):
            if ranks not in offer.get("ranks", (1, 2)):
                continue
            number, persistent = WORKERS[workers]
            task = Task(
                ranks,
                number,
                persistent,
                order,
                same_order=ranks in offer.get("same_order", (1, 2)),
                counted=offer.get("counted", True),
                splits=offer.get("splits", True),
            )
            stages = offer.get("stages", STAGES)
            family = Family(variant, task, tuple(offer["courses"]), tuple(stages), workers)
            if family.name.startswith(only) or only.startswith(family.name):
                yield family
