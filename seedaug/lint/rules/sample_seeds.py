"""Rules about seeds that are set where samples are made (SDA201, SDA202)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seedaug.lint.context import Context
from seedaug.lint.findings import Finding
from seedaug.lint.project import FunctionKey
from seedaug.lint.rules.drawing import on_evaluation
from seedaug.lint.seeding import Seeding
from seedaug.lint.seeds import Origin

__all__ = ["check_sample_seeds"]

EVALUATION = re.compile(r"val|test|eval|infer|demo|predict", re.IGNORECASE)


def check_sample_seeds(context: Context) -> Iterator[Finding]:
    """Findings for the seedings of everything that workers run."""
    for key, seedings in context.seedings.items():
        function = context.project.function(key)
        if key[0] not in context.project.asked or EVALUATION.search(function.owner or ""):
            continue
        if function.name in ("__init__", "__post_init__"):
            continue
        for seeding in seedings:
            if not on_evaluation(seeding) and seeding.what != "cuda":
                found = _check(context, key, seeding)
                if found is not None:
                    yield found


def _check(context: Context, key: FunctionKey, seeding: Seeding) -> Finding | None:
    origin = context.seeds.origin(seeding.seed, seeding.scope)
    way = context.way(key)
    if origin & (Origin.FRESH | Origin.EPOCH | Origin.UNKNOWN):
        return None
    if origin & Origin.STATE:
        message = f"`{seeding.text}` seeds with a word of NumPy's state, a constant, in {way}"
        return context.finding("SDA201", key, seeding.call, message)
    if origin & (Origin.INDEX | Origin.WORKER):
        what = "sample" if origin & Origin.INDEX else "worker's number"
        message = (
            f"`{seeding.text}` seeds from the {what} without the epoch, in {way}: every epoch "
            "repeats the draws of the one before"
        )
        return context.finding("SDA202", key, seeding.call, message)
    message = f"`{seeding.text}` sets the same seed for every sample, in {way}"
    return context.finding("SDA201", key, seeding.call, message)
