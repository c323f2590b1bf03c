"""Rules about `worker_init_fn` (SDA301 … SDA305)."""

from __future__ import annotations

from collections.abc import Iterator

from seedaug.lint.context import Context
from seedaug.lint.draws import From
from seedaug.lint.findings import Finding, Fix
from seedaug.lint.inits import Passed
from seedaug.lint.project import FunctionKey
from seedaug.lint.reach import reach
from seedaug.lint.rules.distributed import is_distributed
from seedaug.lint.seeding import Seeding
from seedaug.lint.seeds import Origin
from seedaug.lint.syntax import Constant

__all__ = ["check_worker_init"]


def check_worker_init(context: Context) -> Iterator[Finding]:
    """Findings for the init functions of workers."""
    inits = context.workers.inits
    said: set[tuple[str, int, int]] = set()
    unused = {key: Passed() for key in inits.unused}
    for root, passed in {**inits.passed, **unused}.items():
        for key in reach(context.inference, [root]):
            for seeding in context.own_seedings(key):
                found = _check(context, root, key, seeding, passed)
                if found is None and root in unused:
                    found = _unused(context, root, key, seeding)
                if found is not None:
                    place = (found.place.path, found.place.line, found.place.column)
                    if place not in said and key[0] in context.project.asked:
                        said.add(place)
                        yield found


def _check(
    context: Context, root: FunctionKey, key: FunctionKey, seeding: Seeding, passed: Passed
) -> Finding | None:
    if seeding.what == "cuda":
        return None
    origin = context.seeds.origin(seeding.seed, seeding.scope)
    name = context.name(root)
    text = seeding.text
    idle = _idle(context, root, seeding)
    if idle:
        return context.finding("SDA305", key, seeding.call, f"`{text}` in {name} {idle}")
    never = _never_runs(context, root, seeding, passed)
    if never:
        return context.finding("SDA305", key, seeding.call, f"`{text}` in {name} {never}")
    if origin & (Origin.FRESH | Origin.UNKNOWN | Origin.INDEX):
        return None
    direct = seeding.what in ("numpy", "random") and seeding.call.arguments
    fix = Fix("torch-seed") if direct else None
    if origin & Origin.EPOCH:
        if origin & Origin.RANK or not is_distributed(context):
            return None
        message = f"`{text}` in {name} gives the workers of every rank the same seeds"
        return context.finding("SDA304", key, seeding.call, message)
    if origin & Origin.STATE:
        message = (
            f"`{text}` in {name} seeds by a word of NumPy's state, which is a constant since "
            "torch 1.9: every epoch repeats, whatever the seed"
        )
        return context.finding("SDA303", key, seeding.call, message, fix=fix)
    if origin & Origin.WORKER:
        if passed.persistent:
            return None
        message = f"`{text}` in {name} seeds without the epoch: every epoch repeats the one before"
        return context.finding("SDA302", key, seeding.call, message, fix=fix)
    message = f"`{text}` in {name} gives every worker the same seed"
    return context.finding("SDA301", key, seeding.call, message, fix=fix)


def _idle(context: Context, root: FunctionKey, seeding: Seeding) -> str:
    """What is wrong if the generator that is seeded is none that samples draw from."""
    if seeding.what not in ("random", "torch"):
        return ""
    sources = _sources(context, seeding.scope[0])
    mine = From.RANDOM if seeding.what == "random" else From.TORCH
    seeds_numpy = any(
        one.what in ("numpy", "everything")
        for key in reach(context.inference, [root])
        for one in context.own_seedings(key)
    )
    if From.NUMPY in sources and mine not in sources and not seeds_numpy:
        return "has no effect on samples, which draw from NumPy"
    return ""


def _sources(context: Context, path: str) -> set[From]:
    """What samples draw from, in a file if they do there, else in its project."""
    near = {draw.source for key, draws in context.draws.items() for draw in draws if key[0] == path}
    return near or {draw.source for draws in context.draws.values() for draw in draws}


def _never_runs(context: Context, root: FunctionKey, seeding: Seeding, passed: Passed) -> str:
    """What is wrong if the seeding waits for an argument that is None and that nobody gives."""
    function = context.project.function(root)
    for at, parameter in enumerate(function.parameters):
        default = parameter.default
        if not (isinstance(default, Constant) and default.value is None):
            continue
        if at == 0 or parameter.name not in seeding.call.guards:
            continue
        said = parameter.name in passed.partial_keywords
        if passed.loaders and not said and not context.inference.call_sites.given(root, parameter):
            return f"never runs: `{parameter.name}` is None, and nobody gives another"
    return ""


def _unused(
    context: Context, root: FunctionKey, key: FunctionKey, seeding: Seeding
) -> Finding | None:
    if not context.project.calls.get("DataLoader"):
        return None
    message = f"{context.name(root)} is never passed on as worker_init_fn"
    return context.finding("SDA305", key, seeding.call, message)
