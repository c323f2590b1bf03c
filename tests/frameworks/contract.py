"""What is right: one definition, for every loader under every framework.

A run writes down what it was given (`record.py`); `judge` decides from that alone:

* **once**: over all ranks an epoch visits every sample once. Where ranks and batches don't divide
  the samples, what fills them up are second visits, fewer than one round of batches, under keys of
  their own;
* **keys**: a sample's key is (seed, epoch, visit, index), the epoch is the one that the framework
  is in; of a stream (worker, count) stand for (visit, index), and no two samples share one;
* **bytes**: those of the transform applied to the sample under that key in a plain call;
* **order**: shuffled epochs differ; a resumed run goes on as the uninterrupted one went on;
* **silence**: nothing is warned of where all that holds, and where it doesn't something is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

RIGHT, LOUD, WRONG, ALARM, ABSENT = "right", "loud", "WRONG", "false alarm", "not offered"

Coordinates = tuple[int, int, int, int]  # seed, epoch, worker, index


@dataclass(frozen=True)
class Step:
    """One batch that one rank was given."""

    stage: str  # train, validate, predict
    epoch: int  # what the framework calls it; a pass's number outside of training
    rank: int
    keys: tuple[Coordinates, ...]
    labels: tuple[int, ...]  # which sample it is: the label is its place in the dataset
    sums: tuple[int, ...]  # checksum of each image's bytes


@dataclass
class Record:
    """What all ranks of one session wrote down, in each rank's order."""

    steps: list[Step] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)  # (stage, text) of seedaug's
    errors: list[tuple[str, str]] = field(default_factory=list)
    returned: dict[int, list[int]] = field(default_factory=dict)  # predictions, by rank
    hung: bool = False  # a rank had to be ended, and nobody said why

    def of(self, stage: str) -> list[Step]:
        """The steps of one stage."""
        return [step for step in self.steps if step.stage == stage]

    def said(self, stage: str) -> list[str]:
        """The errors, then the warnings of one stage."""
        return [text for at, text in [*self.errors, *self.warnings] if at == stage]

    def failed(self, stage: str) -> bool:
        """Whether it ended with an error there."""
        return any(at == stage for at, _ in self.errors)


@dataclass(frozen=True)
class Wanted:
    """What a run is to be measured by."""

    samples: int
    epochs: int
    ranks: int
    batch_size: int
    seed: int
    checksum: Callable[[Coordinates, int], int]  # of a sample's bytes, by its key and label
    stream: bool = False  # keys count what a worker hands out
    replacement: bool = False  # any index any number of times
    shuffled: bool = True
    counted: bool = True  # whether what fills up a rest is known to be a second visit
    same_order: bool = True  # whether a resumed run must go on in the order of the uninterrupted


class _Found(Exception):
    """A rule that does not hold, in a sentence."""


def judge(
    wanted: Wanted, whole: Record, stage: str = "train", resumed: Resumed | None = None
) -> tuple[str, str]:
    """Whether a run was right, loud or silently wrong, and a sentence why.

    Args:
        wanted: what it is to be measured by.
        whole: the uninterrupted session.
        stage: which of its stages.
        resumed: the session that went on from a checkpoint, or None.
    """
    record = whole if resumed is None else resumed.record
    if record.hung:
        return WRONG, "a rank hung, or ended without a word"
    told = record.said(stage)
    if stage != "train" and not record.of(stage):  # it ended in a stage before
        told = told + [text for _, text in record.errors]
    try:
        if resumed is not None and whole.failed(stage):
            told = told + whole.said(stage)
            raise _Found("the run before it failed")
        if stage == "train":
            steps = whole.of("train")
            told_apart = wanted.shuffled and (resumed is None or wanted.same_order)
            _training(wanted, steps if resumed is None else _joined(whole, resumed), told_apart)
            if resumed is not None and wanted.same_order:
                _goes_on(whole, resumed)
        else:
            _evaluation(wanted, whole, stage)
        if record.failed(stage):
            raise _Found("it ended with an error")
    except _Found as found:
        return (LOUD, f"{found}: {told[0]}") if told else (WRONG, str(found))
    if told:
        return ALARM, f"all is right, and yet: {told[0]}"
    return RIGHT, ""


@dataclass(frozen=True)
class Resumed:
    """A session that went on where a checkpoint of the whole run was taken."""

    record: Record
    epoch: int  # the checkpoint's: so many epochs were whole
    batches: int  # and so many batches of the next were trained on


def _joined(whole: Record, resumed: Resumed) -> list[Step]:
    return [*_before(whole, resumed), *resumed.record.of("train")]


def _before(whole: Record, resumed: Resumed) -> list[Step]:
    kept, counts = [], Counter[tuple[int, int]]()
    for step in whole.of("train"):
        place = counts[step.rank, step.epoch]
        counts[step.rank, step.epoch] += 1
        if (step.epoch, place) < (resumed.epoch, resumed.batches):
            kept.append(step)
    return kept


def _goes_on(whole: Record, resumed: Resumed) -> None:
    kept = {id(step) for step in _before(whole, resumed)}
    rest = [step for step in whole.of("train") if id(step) not in kept]
    came = resumed.record.of("train")
    for rank in sorted({step.rank for step in rest} | {step.rank for step in came}):
        one = [step for step in rest if step.rank == rank]
        two = [step for step in came if step.rank == rank]
        for place, (was, now) in enumerate(zip(one, two, strict=False)):
            if (was.keys, was.sums, was.labels) != (now.keys, now.sums, now.labels):
                raise _Found(
                    f"batch {place} after the checkpoint was {_brief(was)} and is {_brief(now)}"
                )
        if len(one) != len(two):
            raise _Found(f"{len(two)} batches came after the checkpoint, not {len(one)}")


def _training(wanted: Wanted, steps: Sequence[Step], shuffled: bool) -> None:
    epochs = defaultdict(list)
    for step in steps:
        epochs[step.epoch].append(step)
    orders = []
    for epoch in range(wanted.epochs):
        if epoch not in epochs:
            raise _Found(f"epoch {epoch} was never trained")
        orders.append(_epoch(wanted, epochs[epoch], f"epoch {epoch}", epoch))
    if len(epochs) != wanted.epochs:
        raise _Found(f"epochs {sorted(epochs)} were trained, not 0 to {wanted.epochs - 1}")
    if shuffled and len(set(orders)) < len(orders):
        raise _Found("two epochs had one order")


def _evaluation(wanted: Wanted, whole: Record, stage: str) -> None:
    passes = defaultdict(list)
    for step in whole.of(stage):
        passes[step.epoch].append(step)
    if not passes:
        raise _Found(f"there was no {stage}")
    for number, steps in sorted(passes.items()):
        _epoch(wanted, steps, f"{stage} pass {number}", None)
        for rank in range(wanted.ranks):
            _ascending(wanted, [step for step in steps if step.rank == rank], f"{stage} {number}")
    for rank, labels in whole.returned.items():
        given = [label for step in whole.of(stage) if step.rank == rank for label in step.labels]
        if stage == "predict" and labels != given:
            raise _Found(f"predict returned samples {labels}, computed from {given}")


def _ascending(wanted: Wanted, steps: Sequence[Step], name: str) -> None:
    first = [
        label
        for step in steps
        for label, key in zip(step.labels, step.keys, strict=True)
        if wanted.stream or key[2] == 0
    ]
    if not wanted.counted:  # what fills up cannot be told from first visits, but stands at the end
        turns = [place for place in range(1, len(first)) if first[place] < first[place - 1]]
        if turns and len(first) - turns[0] < wanted.batch_size:
            first = first[: turns[0]]
    if not wanted.stream and first != sorted(first):
        raise _Found(f"{name} has the order {first}")


def _epoch(wanted: Wanted, steps: Sequence[Step], name: str, epoch: int | None) -> tuple[Any, ...]:
    """Check one epoch over all ranks; returns its order."""
    seen = [
        (key, label, total)
        for step in steps
        for key, label, total in zip(step.keys, step.labels, step.sums, strict=True)
    ]
    if missing := set(range(wanted.ranks)) - {step.rank for step in steps}:
        raise _Found(f"{name}: ranks {sorted(missing)} got nothing")
    _once(wanted, [label for _, label, _ in seen], name)
    _keys(wanted, [(key, label) for key, label, _ in seen], name, epoch)
    bad = [label for key, label, total in seen if total != wanted.checksum(key, label)]
    if bad:
        raise _Found(f"{name}: the bytes of samples {bad[:4]} are not those of their keys")
    return tuple((step.rank, step.labels) for step in steps)


def _once(wanted: Wanted, labels: Sequence[int], name: str) -> None:
    rounds = wanted.ranks * wanted.batch_size
    filling = 0 if wanted.samples % rounds == 0 else rounds - 1
    if not wanted.samples <= len(labels) <= wanted.samples + filling:
        raise _Found(
            f"{name}: {len(labels)} samples were trained on, not {wanted.samples}"
            + (f" and {len(set(labels))} of them differ" if not wanted.replacement else "")
        )
    if wanted.replacement:
        return
    lost = sorted(set(range(wanted.samples)) - set(labels))
    if lost:
        twice = sorted(label for label, count in Counter(labels).items() if count > 1)
        raise _Found(f"{name}: samples {lost[:6]} never came, {twice[:6]} came twice")


def _keys(
    wanted: Wanted, seen: Sequence[tuple[Coordinates, int]], name: str, epoch: int | None
) -> None:
    seeds = {key[0] for key, _ in seen}
    if seeds != {wanted.seed}:
        raise _Found(f"{name}: keys of the seeds {sorted(seeds)}, not {wanted.seed}")
    epochs = {key[1] for key, _ in seen}
    if epochs != ({epoch} if epoch is not None else {min(epochs)}):
        raise _Found(f"{name} drew as epochs {sorted(epochs)}")
    again = [key for key, count in Counter(key for key, _ in seen).items() if count > 1]
    if again and (wanted.counted or wanted.replacement):
        raise _Found(f"{name}: one key {len(again)} times for two visits, the first {again[0]}")
    counts = defaultdict(list)
    for (_, _, worker, index), label in seen:
        if not wanted.stream and index != label:
            raise _Found(f"{name}: sample {label} has the key of {index}")
        counts[index].append(worker)
    for who, numbers in counts.items():
        numbers = numbers if wanted.counted else [*set(numbers)]
        if sorted(numbers) != [*range(len(numbers))] and not wanted.stream:
            raise _Found(f"{name}: sample {who} has the visits {sorted(numbers)}")


def _brief(step: Step) -> str:
    return f"samples {list(step.labels)} of epoch {sorted({key[1] for key in step.keys})}"


def join(records: Iterable[Record]) -> Record:
    """The ranks' records as one session's."""
    whole = Record()
    for record in records:
        whole.steps += record.steps
        whole.warnings += record.warnings
        whole.errors += record.errors
        whole.returned |= record.returned
    return whole
