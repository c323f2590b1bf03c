"""Rules about ranks: epochs of distributed samplers, one seed for all ranks (SDA401, SDA402)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seedaug.lint.context import Context
from seedaug.lint.draws import From, dotted
from seedaug.lint.findings import Finding, Fix, Place
from seedaug.lint.known import MODULE_BASE, words
from seedaug.lint.project import FunctionKey, last_name
from seedaug.lint.reach import reach
from seedaug.lint.seeding import Seeding
from seedaug.lint.seeds import Origin
from seedaug.lint.syntax import WHILE, Call, Constant, Function, Loop, Name, walk
from seedaug.lint.values import ClassValue, External, FunctionValue

__all__ = ["check_distributed", "is_distributed"]

SIGNS = (
    "init_process_group",
    "DistributedDataParallel",
    "DistributedSampler",
    "init_distributed_mode",
    "init_distributed",
    "init_dist",
)
# Frameworks that call set_epoch themselves.
CARING = words(
    """pytorch_lightning lightning accelerate ignite composer catalyst mmcv mmengine detectron2
    fastai"""
)
EVALUATION = re.compile(r"(^|_|\.)(val|valid|validation|test|eval|dev|infer|query|gallery)", re.I)
SEEDING_HELPER = re.compile(r"seed|random|determin", re.IGNORECASE)
NEAR = 5  # calls from where an epoch is run, or a rank begins
STEP = re.compile(r"step|^it(er\w*)?$", re.IGNORECASE)
EPOCH = re.compile(r"epoch|^ep$", re.IGNORECASE)


def check_distributed(context: Context) -> Iterator[Finding]:
    """Findings about ranks."""
    yield from _samplers(context)
    yield from _seeds(context)


def is_distributed(context: Context) -> bool:
    """Whether a project starts several ranks."""
    return any(context.project.calls.get(sign) for sign in SIGNS)


# set_epoch


def _samplers(context: Context) -> Iterator[Finding]:
    every_loop = [one for path in context.project.asked for one in _epoch_loops(context, path)]
    for scope, function in context.project.functions():
        for call in function.calls:
            if _is_sampler(context, scope, call) and _shuffles(function, call):
                yield from _sampler(context, scope, call, every_loop)


def _is_sampler(context: Context, scope: FunctionKey, call: Call) -> bool:
    name = last_name(call.function)
    if "Sampler" not in name:
        return False
    values = context.inference.values(call.function, scope)
    own = [value for value in values if isinstance(value, ClassValue)]
    if own:  # the project's own: one that has epochs to set
        return name == "DistributedSampler" and any(
            context.inference.classes.method(value.key, "set_epoch") for value in own
        )
    return name == "DistributedSampler" or any(
        isinstance(value, External) and value.path.endswith(".DistributedSampler")
        for value in values
    )


def _shuffles(function: Function, call: Call) -> bool:
    """Whether a sampler is one for training: it shuffles, and no name says otherwise."""
    shuffle = call.argument(3, "shuffle")
    if isinstance(shuffle, Constant) and shuffle.value is False:
        return False
    given = call.argument(0, "dataset")
    words = [dotted(given)] if given is not None else []
    for name, assigned in function.names.items():
        if any(call in walk(one.value) for one in assigned):
            words.append(name)
    words += [one.name for one in function.stored if call in walk(one.value)]
    return not any(EVALUATION.search(word) for word in words)


def _is_torchs(context: Context, scope: FunctionKey, call: Call) -> bool:
    values = context.inference.values(call.function, scope)
    return not any(isinstance(value, ClassValue) for value in values)


def _sampler(
    context: Context, scope: FunctionKey, call: Call, every_loop: list[tuple[FunctionKey, Loop]]
) -> Iterator[Finding]:
    path = scope[0]
    loops = [one for one in every_loop if one[0][0] == path]
    elsewhere = not loops
    if elsewhere:
        loops = every_loop
    if not loops or _cared_for(context, [path, *(key[0] for key, _ in loops)]):
        return
    here = [key for key, _ in loops if key == scope]
    if here:  # made and looped over in one function: it, or what it calls, sets the epoch
        if _set_under(context, scope):
            return
    elif _set_sites(context, own=not _is_torchs(context, scope, call)):
        return
    key, loop = loops[0]
    related: tuple[tuple[Place, str], ...] = (
        (context.place(key[0], loop.span), "the loop over epochs"),
    )
    message = "set_epoch of this DistributedSampler is never called: every epoch has the same order"
    fix = _set_epoch(context, scope, call, key, loop)
    yield context.finding("SDA401", scope, call, message, related, fix)


def _set_epoch(
    context: Context, scope: FunctionKey, call: Call, where: FunctionKey, loop: Loop
) -> Fix | None:
    """The remedy, where the loop's function sees the sampler by a name of its own."""
    if scope != where or loop.target == WHILE or len(loop.target) != 1 or loop.span < call.span:
        return None
    for name, assigned in context.project.function(scope).names.items():
        if len(assigned) == 1 and assigned[0].value is call and not assigned[0].guards:
            return Fix("set-epoch", context.place(where[0], loop.span), name, loop.target[0])
    return None


def _epoch_loops(context: Context, path: str) -> Iterator[tuple[FunctionKey, Loop]]:
    module = context.project.module(path)
    for function in module.functions.values() if module else ():
        for loop in function.loops:
            if _counts_steps(loop) or _goes_on(function, loop):
                yield (path, function.qualname), loop
                continue
            words = [
                *loop.target,
                *(part.id for part in walk(loop.value) if isinstance(part, Name)),
            ]
            words += [last_name(part) for part in walk(loop.value)]
            if any(EPOCH.search(word) for word in words):
                yield (path, function.qualname), loop


def _counts_steps(loop: Loop) -> bool:
    """`for step in range(steps)`, which takes the batches of many epochs."""
    return (
        isinstance(loop.value, Call)
        and last_name(loop.value.function) == "range"
        and any(STEP.search(name) for name in loop.target)
    )


def _goes_on(function: Function, loop: Loop) -> bool:
    """`while step < steps: for batch in loader: ...`"""
    return loop.target == WHILE and any(
        one is not loop and loop.span[0] < one.span[0] and one.span[2] <= loop.span[2]
        for one in function.loops
    )


def _cared_for(context: Context, paths: list[str]) -> bool:
    for path in paths:
        imports = context.workers.kinds.imports(path)
        if CARING & imports:
            return True
        trainers = (context.project.calls["Trainer"], context.project.subclasses["Trainer"])
        if "transformers" in imports and any(trainers):
            return True
    return False


def _set_sites(context: Context, own: bool = False) -> list[FunctionKey]:
    """The functions that call set_epoch of a sampler or loader; of the project's own if `own`."""
    return [
        site.scope
        for site in context.project.calls.get("set_epoch", ())
        if own
        or not any(
            isinstance(value, FunctionValue)
            for value in context.inference.values(site.call.function, site.scope)
        )
    ]


def _set_under(context: Context, key: FunctionKey) -> bool:
    """Whether a function sets the epoch, or what it calls does."""
    sites = set(_set_sites(context))
    return any(one in sites for one in reach(context.inference, [key], depth=NEAR))


# Seeds


def _seeds(context: Context) -> Iterator[Finding]:
    if not _draws_from_globals(context):
        return
    calls = context.project.calls
    started = {site.scope[0] for sign in SIGNS for site in calls.get(sign, ())}
    own = [key for key, _ in context.project.functions() if key[0] in started]
    for key in reach(context.inference, own, depth=NEAR):
        if key in context.workers or key in context.workers.inits or _spawns(context, key):
            continue
        if key[0] not in context.project.asked:
            continue
        if _cared_for(context, [key[0]]):
            continue
        function = context.project.function(key)
        if SEEDING_HELPER.search(function.name) and function.parameters:
            continue
        if function.owner and context.workers.kinds.kind((key[0], function.owner)):
            continue
        seedings = [one for one in context.own_seedings(key) if one.what in ("torch", "everything")]
        for at, seeding in enumerate(seedings):
            if any(_has_rank(context, later) for later in seedings[at:]):
                continue
            if "rank" in " ".join(seeding.call.guards).lower():
                continue
            origin = context.seeds.origin(seeding.seed, seeding.scope)
            if origin == Origin.CONSTANT and seeding.seed is not None:
                message = (
                    f"`{seeding.text}` sets the same seed on every rank, so that the workers of "
                    "every rank draw the same"
                )
                yield context.finding("SDA402", key, seeding.call, message)


def _has_rank(context: Context, seeding: Seeding) -> bool:
    return bool(context.seeds.origin(seeding.seed, seeding.scope) & Origin.RANK)


def _draws_from_globals(context: Context) -> bool:
    """Whether samples draw from global generators: in sight, or in torchvision's transforms."""
    for key, draws in context.draws.items():
        sources = {draw.source for draw in draws}
        if sources & {From.NUMPY, From.RANDOM}:
            return True
        if From.TORCH in sources and not _in_network(context, key):
            return True
    return any(
        isinstance(value, External) and value.path.startswith("torchvision.transforms")
        for name, sites in list(context.project.calls.items())  # an import may add to them
        if name.startswith("Random")
        for site in list(sites)
        for value in context.inference.values(site.call.function, site.scope)
    )


def _in_network(context: Context, key: FunctionKey) -> bool:
    """A method of an nn.Module: it may as well run on batches, in the main process."""
    owner = context.project.function(key).owner
    bases = context.inference.classes.foreign_bases((key[0], owner)) if owner else ()
    return any(MODULE_BASE.search(base) for base in bases)


def _spawns(context: Context, key: FunctionKey) -> bool:
    """Whether a function starts the ranks itself: what it seeds is not inherited by them."""
    return any(
        last_name(call.function) in ("spawn", "start_processes", "launch")
        for call in context.project.function(key).calls
    )
