"""How a run compares with the first: what came out otherwise for the same sample and epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from seedaug.check.chance import outputs
from seedaug.check.records import Event, Run

__all__ = ["Outcome", "Scenario", "compare"]


class Outcome:
    """How a scenario compares with the first natural run: words for the table."""

    SAME = "the same draws"
    OTHER = "other draws"
    PARTLY = "partly other draws"


@dataclass
class Scenario:
    """One line of the table.

    Args:
        name: what varies: "workers", "again", "batch size", "persistent workers", "resumed",
            "start method", "set_epoch".
        setting: how it was run.
        outcome: one of `Outcome`, or why there is none.
        differing, compared: how many (sample, epoch) pairs came out otherwise, of how many.
        run: what was seen.
    """

    name: str
    setting: str
    outcome: str
    differing: int = 0
    compared: int = 0
    run: Run | None = None

    @property
    def other(self) -> bool:
        """Whether anything came out otherwise."""
        return self.differing > 0

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "varied": self.name,
            "setting": self.setting,
            "outcome": self.outcome,
            "differing": self.differing,
            "compared": self.compared,
        }


Place = tuple[Hashable, ...]


def _values(events: list[Event]) -> dict[Place, bytes]:
    """Each part of each sample by epoch and sample (of a stream: by worker and position)."""
    found: dict[Place, bytes] = {}
    for event in events:
        for (key, name), digest in outputs(event):
            where = () if event.key else (event.worker, event.position)
            found[event.epoch, key, where, name] = digest
    return found


def compare(scenario: Scenario, first: list[Event], other: list[Event]) -> None:
    """Put down in `scenario` how the other run's events compare with the first's."""
    expected, got = _values(first), _values(other)
    judged: Counter[Place] = Counter()
    differing: set[Place] = set()
    for place in expected.keys() & got.keys():
        judged[place[:-1]] += 1
        if expected[place] != got[place]:
            differing.add(place[:-1])
    scenario.compared, scenario.differing = len(judged), len(differing)
    if not judged:
        scenario.outcome = "nothing to compare"
    elif not differing:
        scenario.outcome = Outcome.SAME
    else:
        scenario.outcome = Outcome.OTHER if len(differing) == len(judged) else Outcome.PARTLY
