"""The grid of draws: which (worker, epoch) cells repeat which, for text and pictures."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from seedaug.check.chance import outputs
from seedaug.check.draws import Source
from seedaug.check.judge import Judgement
from seedaug.check.records import Event, Phase
from seedaug.check.scenarios import Seen, Subject
from seedaug.check.verdict import Verdict

__all__ = ["DATA", "SAMPLES", "Grid", "Tile", "grid"]

MOST_TILES, MOST_WORKERS, MOST_EPOCHS = 8, 8, 8
DATA, SAMPLES = "data", "samples"  # what tiles stand for where it is no generator's draws
_Cells = dict[tuple[int, int], list[tuple[int, Hashable]]]


@dataclass(frozen=True)
class Tile:
    """One batch's draws.

    Args:
        letter: shared by those that are the same; "" is a draw of its own.
        group: the number of the letter; -1 without one.
    """

    letter: str
    group: int


@dataclass(frozen=True)
class Grid:
    """Tiles by epoch and worker.

    Args:
        epochs, workers: the rows and the columns.
        tiles: of each (epoch, worker), in the order of the batches.
        random: whether the tiles stand for draws, or for data alone.
        subject: whose draws they are.
    """

    epochs: list[int]
    workers: list[int]
    tiles: dict[tuple[int, int], list[Tile]]
    random: bool
    subject: str

    @property
    def counts(self) -> tuple[int, int]:
        """How many different draws there are among how many."""
        groups: set[Hashable] = set()
        total = 0
        for row in self.tiles.values():
            for tile in row:
                groups.add(tile.group if tile.letter else ("own", total))
                total += 1
        return len(groups), total

    @property
    def summary(self) -> str:
        """ "16 different draws of 48"."""
        distinct, total = self.counts
        what = "batch" if self.subject == DATA else "draw"
        plural = {"batch": "batches"}.get(what, f"{what}s")
        return f"{distinct} different {what if distinct == 1 else plural} of {total}"

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "of": self.subject,
            "tiles": [
                {"epoch": epoch, "worker": worker, "draws": [t.letter or "." for t in tiles]}
                for (epoch, worker), tiles in self.tiles.items()
            ],
        }


def grid(subject: Subject, seen: Seen, judged: Judgement) -> Grid:
    """The grid that shows the worst finding best."""
    probing = [event for event in seen.probing.events if not event.record.traced]
    guilty = [source for source in judged.sources if source.repeats]
    guilty.sort(key=lambda source: -len(source.repeats))
    alike = [part.name for part in judged.parts if part.repeats]
    if not judged.random:
        return _grid(_bytes(_natural(seen, probing)), False, DATA, judged)
    if guilty:
        source = guilty[0]
        cells = _keyed(source, subject.workers) if source.keyed else _states(source)
        return _grid(cells, True, source.name, judged)
    if alike:
        aligned = [event for event in probing if event.phase in (Phase.ALIGNED, Phase.AGAIN)]
        return _grid(_bytes(aligned, alike[0]), True, alike[0] or "the sample", judged)
    if judged.sources and not judged.findings_that_repeat:
        source = max(judged.sources, key=lambda source: len(source.tokens))
        cells = _keyed(source, subject.workers) if source.keyed else _states(source)
        return _grid(cells, True, source.name, judged)
    return _grid(_bytes(_natural(seen, probing)), True, SAMPLES, judged)


def _natural(seen: Seen, probing: list[Event]) -> list[Event]:
    return probing if seen.natural is None else seen.natural.events


def _states(source: Source) -> _Cells:
    cells: _Cells = {}
    for event, token in source.tokens:
        if not event.record.traced:
            cells.setdefault((event.epoch, event.worker), []).append((event.position, token))
    return cells


def _keyed(source: Source, workers: int) -> _Cells:
    """Each sample once in an epoch, dealt out as in training."""
    cells: _Cells = {}
    known: set[Hashable] = set()
    for event, token in sorted(source.tokens, key=lambda pair: (pair[0].epoch, pair[0].key)):
        if event.key and (event.epoch, event.key) not in known:
            known.add((event.epoch, event.key))
            number = event.key[0] // max(1, len(event.key))
            where = event.epoch, number % workers
            cells.setdefault(where, []).append((number // workers, token))
    return cells


def _bytes(events: Iterable[Event], part: str | None = None) -> _Cells:
    """What came out, of each batch's first sample that has the part."""
    cells: _Cells = {}
    for event in events:
        found = [(key, digest) for (key, name), digest in outputs(event) if part in (None, name)]
        if found:
            token = tuple(found) if part is None else found[0]
            cells.setdefault((event.epoch, event.worker), []).append((event.position, token))
    return cells


def _grid(cells: _Cells, random: bool, subject: str, judged: Judgement) -> Grid:
    epochs = sorted({epoch for epoch, _ in cells})[:MOST_EPOCHS]
    workers = sorted({worker for _, worker in cells})[:MOST_WORKERS]
    kept = {
        (epoch, worker): [
            token for _, token in sorted(cells.get((epoch, worker), []), key=lambda c: c[0])
        ][:MOST_TILES]
        for epoch in epochs
        for worker in workers
    }
    count = Counter(token for tokens in kept.values() for token in tokens)
    letters: dict[Hashable, int] = {}
    by_chance = subject == SAMPLES and not judged.findings_that_repeat
    for tokens in kept.values():
        for token in tokens:
            if count[token] > 1 and not by_chance:
                letters.setdefault(token, len(letters))
    tiles = {
        cell: [Tile(_letter(letters[t]), letters[t]) if t in letters else Tile("", -1)
               for t in tokens]
        for cell, tokens in kept.items()
    }  # fmt: skip
    duplicated = any(f.verdict is Verdict.DUPLICATED for f in judged.findings)
    return Grid(epochs, workers, tiles, random or duplicated, subject)


def _letter(number: int) -> str:
    letters = string.ascii_uppercase
    return letters[number % 26] + (str(number // 26) if number >= 26 else "")
