"""Evidence from states: generators that were found in the same state where they should differ.

A state that two samples' draws began from is certain evidence: a generator's state has at least
64 bits. What a sample's draws began from is told by its *token*: the generator's state before the
sample, or, if the sample seeds it or makes it, the state that came of that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from itertools import combinations

from seedaug.check.records import Draw, Event

__all__ = ["Across", "Source", "drawn", "starts_alike"]

_SYSTEMATIC = 0.9  # share of pairs with equal seeds, above which that is no chance
_FEWEST_PAIRS = 3


class Across(Enum):
    """What two samples with the same draws differ in."""

    SAMPLES = "samples"
    WORKERS = "workers"
    EPOCHS = "epochs"
    RANKS = "ranks"


@dataclass
class Source:
    """A generator that samples drew from.

    Args:
        name: the way to it, or where it is made.
        kind: what it is.
        places: the lines that draw from it.
        tokens: what each event's draws began from.
        keyed: whether the same sample of the same epoch always begins from the same.
        reseeded: whether samples seed it themselves.
        starting: of a stream, what each worker's first batch began from. Streams set themselves up
            there, all alike and meant so: they shuffle by epoch, and then take their share.
        repeats: what samples with the same draws differ in, and an example of each.
    """

    name: str
    kind: str
    places: list[str] = field(default_factory=list)
    tokens: list[tuple[Event, frozenset[bytes]]] = field(default_factory=list)
    keyed: bool = False
    reseeded: bool = False
    starting: list[tuple[Event, frozenset[bytes]]] = field(default_factory=list)
    repeats: dict[Across, tuple[Event, Event]] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether it is neither a global generator nor made in the sample."""
        return self.name != self.kind and " at " not in self.name

    @property
    def distinct(self) -> tuple[int, int]:
        """How many different tokens there are, and how many events with one."""
        return len({token for _, token in self.tokens}), len(self.tokens)


def drawn(events: Iterable[Event]) -> list[Source]:
    """The generators that moved while samples were made, with what repeats."""
    moved: dict[str, list[tuple[Event, list[Draw]]]] = defaultdict(list)
    places: dict[str, list[str]] = defaultdict(list)
    for event in events:
        for name, found in event.record.places.items():
            places[name] += [place for place in found if place not in places[name]]
        by_name: dict[str, list[Draw]] = defaultdict(list)
        for draw in event.record.draws:
            by_name[draw.name].append(draw)
        for name, draws in by_name.items():
            moved[name].append((event, draws))
    sources = [_source(name, pairs, places[name]) for name, pairs in moved.items()]
    return [source for source in sources if source.tokens or source.starting]


def _source(name: str, pairs: list[tuple[Event, list[Draw]]], places: list[str]) -> Source:
    source = Source(name, pairs[0][1][0].kind, places)
    seeds = any(draw.made or _seeds(event, draw) for event, draws in pairs for draw in draws)
    source.reseeded = seeds or _reset(pairs)
    chained = source.reseeded or _follows(pairs)
    for event, draws in pairs:
        token: set[bytes] = set()
        for draw in draws:
            if source.reseeded:
                token |= {*draw.seeded} or {b"after" + (draw.after or b"")}
            elif draw.before is not None and not draw.seeded:
                token.add(draw.before)
        if token and not event.key and not event.position:
            source.starting.append((event, frozenset(token)))
        elif token and (chained or event.position):
            source.tokens.append((event, frozenset(token)))
    source.keyed = _keyed(source.tokens)
    source.repeats = _systematic(source) if source.reseeded else _certain(source)
    return source


def _seeds(event: Event, draw: Draw) -> bool:
    """Whether a sample seeded the generator, and not just a worker's first one for them all."""
    return bool(draw.seeded) and bool(event.position or not event.key)


def starts_alike(source: Source) -> tuple[Event, Event] | None:
    """Two epochs of a stream that a worker began from the same state, if all did."""
    by_worker: dict[object, list[tuple[Event, frozenset[bytes]]]] = defaultdict(list)
    for event, token in source.starting:
        by_worker[event.rank, event.worker].append((event, token))
    several = [events for events in by_worker.values() if len(events) > 1]
    if several and all(len({token for _, token in events}) == 1 for events in several):
        return several[0][0][0], several[0][1][0]
    return None


def _groups(pairs: list[tuple[Event, list[Draw]]]) -> list[list[Draw]]:
    """The draws of the same samples in the same epoch (of a stream: none)."""
    groups: dict[object, list[Draw]] = defaultdict(list)
    for event, draws in pairs:
        if event.key:
            groups[event.rank, event.epoch, event.key].append(draws[0])
    return [*groups.values()]


def _reset(pairs: list[tuple[Event, list[Draw]]]) -> bool:
    """Whether samples leave the generator in a state that doesn't depend on the one before.

    Two of them may do so by the way: with different numbers of draws, workers walk along one
    sequence in different steps.
    """
    telling = [group for group in _groups(pairs) if len({draw.before for draw in group}) > 1]
    return bool(telling) and all(len({draw.after for draw in group}) == 1 for group in telling)


def _follows(pairs: list[tuple[Event, list[Draw]]]) -> bool:
    """Whether the same sample leads from the same state to the same state.

    It doesn't where samples seed from elsewhere (the clock, the operating system); then the state
    before a process's first sample says nothing, and only the others count.
    """
    return not any(
        a.before == b.before and a.after != b.after
        for group in _groups(pairs)
        for a, b in combinations(group, 2)
    )


def _keyed(tokens: list[tuple[Event, frozenset[bytes]]]) -> bool:
    groups: dict[object, set[frozenset[bytes]]] = defaultdict(set)
    sizes: dict[object, int] = defaultdict(int)
    for event, token in tokens:
        if event.key:
            key = event.rank, event.epoch, event.key
            groups[key].add(token)
            sizes[key] += 1
    several = [key for key, size in sizes.items() if size > 1]
    return bool(several) and all(len(groups[key]) == 1 for key in several)


def _meant(source: Source, a: Event, b: Event) -> bool:
    """Whether two events must have the same draws: the same sample of the same epoch, keyed."""
    return source.keyed and a.key == b.key and a.epoch == b.epoch


def _across(a: Event, b: Event) -> Across:
    if a.rank != b.rank:
        return Across.RANKS
    if a.epoch != b.epoch:
        return Across.EPOCHS
    return Across.WORKERS if a.worker != b.worker else Across.SAMPLES


def _certain(source: Source) -> dict[Across, tuple[Event, Event]]:
    """Any two events that began from the same state."""
    found: dict[Across, tuple[Event, Event]] = {}
    groups: dict[frozenset[bytes], list[Event]] = defaultdict(list)
    for event, token in source.tokens:
        groups[token].append(event)
    for group in groups.values():
        for a, b in combinations(group, 2):
            if not _meant(source, a, b):
                found.setdefault(_across(a, b), (a, b))
    return found


def _systematic(source: Source) -> dict[Across, tuple[Event, Event]]:
    """Where seeds are set per sample, two may be equal by chance: so, where nearly all are."""
    compared: dict[tuple[Across, str], list[tuple[bool, Event, Event]]] = defaultdict(list)
    for (a, first), (b, second) in combinations(source.tokens, 2):
        if not _meant(source, a, b):
            across, equal = _across(a, b), bool(first & second)
            if a.position == b.position or across is Across.SAMPLES:
                compared[across, "position"].append((equal, a, b))
            if a.key and a.key == b.key and across is not Across.SAMPLES:
                compared[across, "sample"].append((equal, a, b))
    found: dict[Across, tuple[Event, Event]] = {}
    for (across, _), pairs in compared.items():
        alike = [(a, b) for same, a, b in pairs if same]
        if len(pairs) >= _FEWEST_PAIRS and len(alike) >= _SYSTEMATIC * len(pairs):
            found.setdefault(across, alike[0])
    return found
