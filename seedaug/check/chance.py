"""Evidence from bytes: parts of samples that come out alike too often for chance.

For draws that no state tells of: those of a generator inside a library. The same sample is asked
for several times; how often its outputs are equal where nothing should make them so says how
likely it is that they are equal by chance where a repeat would make them so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from seedaug.check.draws import Across
from seedaug.check.records import Event, Phase

__all__ = ["LIMIT", "Part", "compare", "outputs"]

LIMIT = 1e-6  # probability of calling a repeat what is chance

Where = tuple[Hashable, str]
"""Which sample, and which part of it."""
Values = dict[Hashable, list[tuple[Event, bytes]]]
"""What came out for each sample, and when."""


@dataclass
class Part:
    """One part of the samples: "[0]", "['image']", "collated[0]".

    Args:
        name: the way to it.
        varies: whether it ever came out otherwise for the same sample.
        keyed: whether it is the same whenever the same sample is made in the same epoch.
        repeats: across what it repeats, and the probability that this is chance.
    """

    name: str
    varies: bool = False
    keyed: bool = False
    repeats: dict[Across, float] = field(default_factory=dict)


def outputs(event: Event) -> Iterator[tuple[Where, bytes]]:
    """The digests of an event's samples and of its batch, by sample and part."""
    samples = event.record.samples
    keys: Iterable[Hashable] = event.key if event.key else range(len(samples))
    for key, parts in zip(keys, samples, strict=False):
        for name, digest in parts.items():
            if digest:
                yield (key, name), digest
    for name, digest in (event.record.batch or {}).items():
        if digest:
            yield (event.key or "batch", f"collated{name}"), digest


def compare(events: Iterable[Event]) -> list[Part]:
    """What repeats in each part, from the aligned events of a map-style dataset."""
    found: dict[str, Values] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event.phase in (Phase.ALIGNED, Phase.AGAIN) and not event.record.traced:
            for (key, name), digest in outputs(event):
                found[name][key].append((event, digest))
    return [_part(name, by_key) for name, by_key in found.items()]


def _part(name: str, by_key: Values) -> Part:
    part = Part(name)
    moving = {
        key: values for key, values in by_key.items() if len({digest for _, digest in values}) > 1
    }
    part.varies = bool(moving)
    if not moving:
        return part
    chances = {key: _chance(values) for key, values in moving.items()}
    part.keyed = _all_equal(by_key, lambda e: (e.rank, e.epoch))[0]
    for across, same in (
        (Across.WORKERS, lambda e: (e.rank, e.epoch, e.position)),
        (Across.EPOCHS, lambda e: (e.rank, e.worker, e.position)),
        (Across.RANKS, lambda e: (e.worker, e.epoch, e.position)),
    ):
        if part.keyed and across is not Across.EPOCHS:
            continue
        equal, compared = _all_equal(moving, same)
        probability = math.exp(sum(n * math.log(chances[key]) for key, n in compared.items()))
        if equal and compared and probability < LIMIT:
            part.repeats[across] = probability
    return part


def _chance(values: list[tuple[Event, bytes]]) -> float:
    """How likely two draws for one sample are equal, from pairs at different positions."""
    equal = total = 0
    for (a, first), (b, second) in combinations(values, 2):
        if a.position != b.position:
            total += 1
            equal += first == second
    return (equal + 1) / (total + 2)


def _all_equal(
    by_key: Values, same: Callable[[Event], Hashable]
) -> tuple[bool, dict[Hashable, int]]:
    """Whether all values of a sample are equal within each group, and how many comparisons."""
    compared: dict[Hashable, int] = {}
    for key, values in by_key.items():
        groups: dict[Hashable, list[bytes]] = defaultdict(list)
        for event, digest in values:
            groups[same(event)].append(digest)
        count = 0
        for group in groups.values():
            if len({*group}) > 1:
                return False, {}
            count += len(group) - 1
        if count:
            compared[key] = count
    return bool(compared), compared
