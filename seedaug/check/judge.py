"""The judgement: from what was seen to verdicts, evidence, culprits and remedies."""

from __future__ import annotations

from dataclasses import dataclass

from seedaug.check import remedies
from seedaug.check.chance import Part, compare, outputs
from seedaug.check.draws import Across, Source, drawn, starts_alike
from seedaug.check.outcome import Scenario
from seedaug.check.records import Event
from seedaug.check.scenarios import Seen, Subject, environment_is_distributed
from seedaug.check.verdict import Finding, Severity, Verdict

__all__ = ["Judgement", "judge"]

_VERDICTS = {
    Across.SAMPLES: Verdict.REPEATS_ACROSS_SAMPLES,
    Across.WORKERS: Verdict.REPEATS_ACROSS_WORKERS,
    Across.EPOCHS: Verdict.REPEATS_ACROSS_EPOCHS,
    Across.RANKS: Verdict.REPEATS_ACROSS_RANKS,
}


@dataclass
class Judgement:
    """What is said of the loader.

    Args:
        findings: the worst first.
        sources: the generators that were drawn from.
        parts: the parts of samples, and what each does.
        random: whether anything random was seen.
        notes: remarks.
    """

    findings: list[Finding]
    sources: list[Source]
    parts: list[Part]
    random: bool
    notes: list[str]

    @property
    def findings_that_repeat(self) -> list[Finding]:
        """Those that are errors."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]


def judge(subject: Subject, seen: Seen) -> Judgement:
    """Weigh what was seen."""
    probing = list(seen.probing.events)
    ranks = [] if seen.other_rank is None else seen.other_rank.events
    sources = drawn(probing)
    parts = [] if seen.survey.stream else compare(probing)
    if seen.survey.stream and seen.natural is not None and not _varies(seen.natural.events):
        for source in sources:
            if (pair := starts_alike(source)) is not None:
                source.repeats.setdefault(Across.EPOCHS, pair)
    random = bool(sources) or any(part.varies for part in parts)
    random = random or (seen.natural is not None and _varies(seen.natural.events))
    random = random or any(s.name == "set_epoch" and s.other for s in seen.scenarios)
    findings = [*_repeats(sources, parts, probing, seen.survey.stream)]
    if seen.survey.stream and not any(
        f.verdict is Verdict.REPEATS_ACROSS_WORKERS for f in findings
    ):
        findings += _duplicated(probing)
    findings += _untold(subject, seen)
    findings += _ranks(subject, [*probing, *ranks]) if ranks else []
    findings += [] if _only_stale(subject, seen) else _depends(seen, sources, parts)
    order = [*Verdict]
    findings.sort(key=lambda finding: order.index(finding.verdict))
    if any(Across.RANKS in s.repeats for s in drawn([*probing, *ranks])) and (
        not environment_is_distributed(subject.loader)
    ):
        seen.notes.append("ranks that are all seeded alike would repeat each other's draws")
    notes = [*seen.notes, *_notes(subject, seen, sources, random, probing)]
    return Judgement(findings, sources, parts, random, notes)


def _varies(events: list[Event]) -> bool:
    """Whether a sample is another in the other epoch (of a stream: a worker's how many-th)."""
    found: dict[object, set[bytes]] = {}
    for event in events:
        place = () if event.key else (event.worker, event.position)
        for where, digest in outputs(event):
            found.setdefault((place, where), set()).add(digest)
    return any(len(digests) > 1 for digests in found.values())


def _repeats(
    sources: list[Source], parts: list[Part], events: list[Event], stream: bool
) -> list[Finding]:
    found = []
    for across in (Across.SAMPLES, Across.WORKERS, Across.EPOCHS):
        guilty = [source for source in sources if across in source.repeats]
        alike = [part for part in parts if across in part.repeats]
        if not guilty and not alike:
            continue
        evidence = [_state_evidence(source, across) for source in guilty]
        if alike:
            evidence.append(_byte_evidence(alike, across))
        if not guilty:
            evidence.append(
                "no generator that Python can reach did it: one inside a library (OpenCV's or "
                "imgaug's own, say), or one hidden from the check"
            )
        culprits = tuple(describe(source) for source in guilty)
        remedy = remedies.repeats(guilty, across, stream)
        found.append(Finding(_VERDICTS[across], tuple(evidence), culprits, remedy))
    return found


def describe(source: Source) -> str:
    """A generator, in words: the way to it, what it is, where it is drawn from."""
    where = f"; drawn from at {' and '.join(source.places[:2])}" if source.places else ""
    if source.name == source.kind:
        return source.name + where
    way = "held" if source.held else "made in the sample"
    return f"{source.name}: {source.kind}, {way}{where}"


def _state_evidence(source: Source, across: Across) -> str:
    a, b = source.repeats[across]
    distinct, total = source.distinct
    if across is Across.SAMPLES:
        example = f"batches {a.position} and {b.position} of worker {a.worker} in epoch {a.epoch}"
    elif across is Across.WORKERS:
        example = f"workers {a.worker} and {b.worker} in epoch {a.epoch}"
    else:
        example = f"epochs {a.epoch} and {b.epoch} (worker {a.worker}, worker {b.worker})"
    count = f"{distinct} different states before {total} batches' draws"
    if source.keyed:
        count += ", each sample asked for several times"
    return f"{source.name}: same state in {example}; {count}"


def _byte_evidence(parts: list[Part], across: Across) -> str:
    names = ", ".join(part.name or "the sample" for part in parts[:4])
    worst = max(part.repeats[across] for part in parts)
    limit = f"{worst:.0e}" if worst > 1e-30 else "1e-30"
    return (
        f"{names}: the same bytes for the same sample across {across.value}, and others at another "
        f"position; the probability that this is chance is below {limit}"
    )


def _duplicated(events: list[Event]) -> list[Finding]:
    """A stream whose parts are the same in every worker, item by item."""
    items: dict[str, dict[tuple[int, int, int], dict[int, bytes]]] = {}
    for event in events:
        if not event.record.traced:
            for (number, name), digest in outputs(event):
                if not name.startswith("collated"):
                    place = event.epoch, event.position, int(str(number))
                    items.setdefault(name, {}).setdefault(place, {})[event.worker] = digest
    names = []
    for name, places in items.items():
        several = [by_worker for by_worker in places.values() if len(by_worker) > 1]
        values = {digest for by_worker in several for digest in by_worker.values()}
        if len(several) >= 4 and len(values) >= 4 and all(len({*w.values()}) == 1 for w in several):
            names.append(name)
    if not names:
        return []
    shown = ", ".join(name or "the sample" for name in names[:4])
    count = len(next(iter(items.values())))
    evidence = f"{shown}: the same bytes in every worker, item by item, {count} of {count}"
    return [Finding(Verdict.DUPLICATED, (evidence,), (), remedies.DUPLICATED)]


def _untold(subject: Subject, seen: Seen) -> list[Finding]:
    """What repeats because nobody calls set_epoch."""
    if subject.tell or not seen.survey.told:
        return []
    evidence, culprits = [], []
    if seen.survey.repeats_untold:
        culprits.append(f"the sampler ({type(subject.loader.sampler).__name__})")
        evidence.append("without set_epoch the order of the samples is the same in every epoch")
    varies = seen.natural is not None and _varies(seen.natural.events)
    called = [s for s in seen.scenarios if s.name == "set_epoch" and s.other]
    if called and not varies:
        names = [name for name in seen.survey.told if name.startswith("dataset")]
        culprits += names
        evidence.append(
            "without set_epoch every sample is the same in every epoch; with it, "
            f"{called[0].differing} of {called[0].compared} samples came out otherwise"
        )
    if not evidence:
        return []
    found = Verdict.REPEATS_ACROSS_EPOCHS, tuple(evidence), tuple(culprits)
    return [Finding(*found, remedies.SET_EPOCH)]


def _ranks(subject: Subject, events: list[Event]) -> list[Finding]:
    guilty = [source for source in drawn(events) if Across.RANKS in source.repeats]
    if not guilty or not environment_is_distributed(subject.loader):
        return []
    evidence = tuple(
        f"{source.name}: same state in rank 0 and rank 1, where both start alike "
        "(torch.manual_seed with the same seed)"
        for source in guilty
    )
    culprits = tuple(describe(source) for source in guilty)
    return [Finding(Verdict.REPEATS_ACROSS_RANKS, evidence, culprits, remedies.RANKS)]


def _only_collated(parts: list[Part]) -> bool:
    """Whether samples follow a key, and what collate_fn makes of them does not."""
    loose = [part.name for part in parts if part.varies and not part.keyed]
    return bool(loose) and all(name.startswith("collated") for name in loose)


def _depends(seen: Seen, sources: list[Source], parts: list[Part]) -> list[Finding]:
    again = [s for s in seen.scenarios if s.name == "again"]
    culprits = tuple(describe(source) for source in sources if not source.keyed)
    if any(s.other for s in again):
        evidence: tuple[str, ...] = (
            _told(again[0]) + ": something else than the generators' states decides (the clock, "
            "the operating system, or what workers share and come to in any order)",
        )
        return [
            Finding(
                Verdict.NOT_RESUMABLE,
                evidence,
                culprits,
                remedies.not_resumable(seen.survey.stream),
            )
        ]
    found = []
    names = "workers", "batch size", "start method", "persistent workers"
    changed = [s for s in seen.scenarios if s.name in names and s.other and not seen.survey.stream]
    if changed:
        evidence = tuple(_told(scenario) for scenario in changed)
        remedy = remedies.COLLATED if _only_collated(parts) else remedies.depends(sources)
        found.append(Finding(Verdict.DEPENDS_ON_WORKERS, evidence, culprits, remedy))
    resumed = [s for s in seen.scenarios if s.name == "resumed" and s.other]
    if resumed:
        evidence = tuple(_told(scenario) for scenario in resumed)
        if _starts_over(seen, resumed[0]):
            evidence += ("a job that is started again draws what epoch 0 drew",)
        found.append(
            Finding(
                Verdict.NOT_RESUMABLE,
                evidence,
                culprits,
                remedies.not_resumable(seen.survey.stream),
            )
        )
    return found


def _only_stale(subject: Subject, seen: Seen) -> bool:
    """Whether all that changes anything is that live workers would not see `set_epoch`."""
    changed = {s.name for s in seen.scenarios if s.other}
    told = any(name.startswith("dataset") for name in seen.survey.told)
    return told and subject.tell and not subject.persistent and changed == {"persistent workers"}


def _told(scenario: Scenario) -> str:
    return (
        f"{scenario.name}, {scenario.setting}: {scenario.differing} of {scenario.compared} samples "
        "came out otherwise"
    )


def _starts_over(seen: Seen, resumed: Scenario) -> bool:
    """Whether the run that began with epoch 1 drew what the first drew in epoch 0."""
    if seen.natural is None or resumed.run is None or seen.survey.stream:
        return False
    first = {(w, d) for e in seen.natural.events if e.epoch == 0 for w, d in outputs(e)}
    second = {(w, d) for e in resumed.run.events for w, d in outputs(e)}
    return bool(second) and second <= first


def _notes(
    subject: Subject, seen: Seen, sources: list[Source], random: bool, events: list[Event]
) -> list[str]:
    notes = [*seen.probing.notes]
    survey, loader = seen.survey, subject.loader
    if loader.num_workers < 2 and subject.workers != loader.num_workers:
        notes.append(
            f"the loader has num_workers={loader.num_workers}: looked at with {subject.workers}"
        )
    if survey.told and subject.tell:
        names = " and ".join(survey.told)
        notes.append(f"set_epoch of the {names} was called before each epoch: your script must too")
    if _only_stale(subject, seen):
        notes.append(
            "with persistent_workers=True set_epoch of the dataset would not reach the workers: "
            "every epoch would repeat the first"
        )
    if survey.repeats_untold and survey.told and subject.tell:
        notes.append(
            "without set_epoch the order of the samples is the same in every epoch"
            + ("; with it, too" if survey.repeats_told else "")
        )
    if random and sources and not seen.survey.stream:
        varies = seen.natural is not None and _varies(seen.natural.events)
        if not varies and not any(source.repeats for source in sources):
            notes.append("generators are drawn from, but no sample looked at came out otherwise")
    if survey.stream and any(s.name == "workers" or s.other for s in seen.scenarios):
        notes.append("a stream has no indices: what is drawn for a sample depends on num_workers")
    hidden = {n for e in events for s in e.record.samples for n, digest in s.items() if not digest}
    if hidden:
        shown = ", ".join(sorted(name or "the sample" for name in hidden)[:4])
        notes.append(f"{shown}: can't be compared, for it can't be pickled")
    return notes
