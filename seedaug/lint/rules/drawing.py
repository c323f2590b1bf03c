"""Rules about draws: held generators, global ones, threads, numba, libraries (SDA101 … SDA111)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seedaug.lint.context import Context
from seedaug.lint.draws import Draw, From
from seedaug.lint.findings import Finding, Place
from seedaug.lint.project import ClassKey, FunctionKey, last_name
from seedaug.lint.reach import called, edges_by_call, reach
from seedaug.lint.seeding import Seeding
from seedaug.lint.syntax import MODULE, Attribute, Call, Expression, Function, Name
from seedaug.lint.values import FunctionValue, Made

__all__ = ["check_draws"]

HELD = {
    "torch.Generator": "torch.Generator",
    "random.Random": "random.Random",
    "numpy.random.RandomState": "NumPy RandomState",
    "numpy.random.default_rng": "NumPy Generator",
    "numpy.random.Generator": "NumPy Generator",
}


def check_draws(context: Context) -> Iterator[Finding]:
    """Findings for the draws of everything that workers run."""
    points = _seeding_points(context)
    ungoverned = _not_seeded_below(context, points)
    reseeded = _reseeded(context)
    for key, draws in context.draws.items():
        if key[0] not in context.project.asked or key in context.workers.inits:
            continue
        for draw in draws:
            found = _check(context, key, draw, ungoverned, points, reseeded)
            if found is not None:
                yield found


def _check(
    context: Context,
    key: FunctionKey,
    draw: Draw,
    ungoverned: frozenset[FunctionKey],
    points: dict[FunctionKey, list[Call]],
    reseeded: Reseeded,
) -> Finding | None:
    way = context.way(key)
    thread = context.workers.reached[key].thread
    if draw.source is From.OBJECT:
        return _held(context, key, draw, reseeded)
    if draw.source is From.LIBRARY:
        names = (draw.text.partition(".")[0], _owner_name(draw))
        if any(reseeded(context, key, name) for name in names):
            return None
        message = (
            f"`{draw.text}` draws from a generator of the library's own, which torch does not "
            f"seed: workers inherit its state. Drawn in {way}"
        )
        return context.finding("SDA105", key, draw.call, message)
    if draw.source is From.NUMBA:
        message = f"`{draw.text}` in compiled code draws from numba's generator, in {way}"
        return context.finding("SDA104", key, draw.call, message)
    seeded = key not in ungoverned or _is_after(draw.call, points.get(key, []))
    if draw.source is From.NUMPY and seeded:
        return None
    if thread:
        message = f"`{draw.text}` is drawn in threads of a worker, in {way}: their timing decides"
        return context.finding("SDA103", key, draw.call, message)
    if draw.source is From.NUMPY:
        message = (
            f"`{draw.text}` draws from NumPy's global generator in {way}: draws depend on the "
            "number of workers, and repeat in every worker and epoch before torch 1.9"
        )
        return context.finding("SDA102", key, draw.call, message)
    message = f"`{draw.text}` draws from {draw.source.value} in {way}"
    return context.finding("SDA111", key, draw.call, message)


def _owner_name(draw: Draw) -> str:
    function = draw.call.function
    return last_name(function.value) if isinstance(function, Attribute) else last_name(function)


# Held generators


def _held(context: Context, key: FunctionKey, draw: Draw, reseeded: Reseeded) -> Finding | None:
    made = [one for one in draw.makers if isinstance(one, Made)]
    if any(one.scope == key or _made_in_worker(context, one) for one in made):
        return None
    name = draw.text.rpartition(".")[2].removesuffix("[…]")
    if reseeded(context, key, name):
        return None
    if not made and "." not in draw.text:
        return None  # a parameter of which one knows the type only
    if not made and _is_parameter(context, key, draw):
        return None
    kind = HELD.get(made[0].path, made[0].path) if made else "a generator handed in from outside"
    message = (
        f"`{draw.text}` ({kind}) is drawn from in {context.way(key)}: "
        "every worker, in every epoch, gets a copy of it in the same state"
    )
    related = tuple(_made_here(context, one) for one in made[:2])
    return context.finding("SDA101", key, draw.call, message, related)


def _made_in_worker(context: Context, made: Made) -> bool:
    """Whether a generator is made where workers run: for a sample, or when they start."""
    scope = made.scope
    if scope[1] == MODULE or scope[1] in _classes(context, scope[0]):
        return False
    function = context.project.function(scope)
    if function.name in ("__init__", "__post_init__") and function.owner is not None:
        return context.workers.kinds.kind((scope[0], function.owner)) == "" and (
            scope in context.workers
        )
    return scope in context.workers or scope in context.workers.inits


def _classes(context: Context, path: str) -> set[str]:
    module = context.project.module(path)
    return set(module.classes) if module else set()


def _is_parameter(context: Context, key: FunctionKey, draw: Draw) -> bool:
    """Whether the object that holds the generator is a parameter other than self."""
    function = context.project.function(key)
    first = draw.text.split(".")[0]
    own = function.parameters[1:] if function.owner else function.parameters
    return any(one.name == first for one in own)


def _made_here(context: Context, made: Made) -> tuple[Place, str]:
    return context.place(made.scope[0], made.call.span), "made here, before the workers"


# Seeded again


def _not_seeded_below(
    context: Context, points: dict[FunctionKey, list[Call]]
) -> frozenset[FunctionKey]:
    """The functions that some root runs without having seeded NumPy's global generator before."""
    workers = context.workers
    if not points:
        return frozenset(workers.reached)
    after = [
        target
        for key, calls in points.items()
        for call in context.project.function(key).calls
        if _is_after(call, calls)
        for target, _ in called(context.inference, call, key)
    ]
    below = reach(context.inference, after)
    waiting = [
        key
        for key, how in workers.reached.items()
        if how.by is None and (key not in below or _is_dataset(context, key))
    ]
    found = set(waiting)
    while waiting:
        key = waiting.pop()
        seeded = points.get(key, [])
        for target, call in edges_by_call(context.inference, key):
            if target not in found and (call is None or not _is_after(call, seeded)):
                found.add(target)
                waiting.append(target)
    return frozenset(found)


def _seeding_points(context: Context) -> dict[FunctionKey, list[Call]]:
    """The calls that seed NumPy's global generator, themselves or by what they surely call."""
    points = {
        key: [
            one.call
            for one in seedings
            if one.what in ("numpy", "everything") and not on_evaluation(one)
        ]
        for key, seedings in context.all_seedings.items()
    }
    points = {key: calls for key, calls in points.items() if calls}
    callers: dict[FunctionKey, list[tuple[FunctionKey, Call]]] = {}
    for key in context.workers.reached if points else ():
        for call in context.project.function(key).calls:
            targets = {
                value.key
                for value in context.inference.values(call.function, key)
                if isinstance(value, FunctionValue)
            }
            if len(targets) == 1:  # else some of them may seed, and others not
                callers.setdefault(targets.pop(), []).append((key, call))
    waiting = list(points)
    while waiting:
        for caller, call in callers.get(waiting.pop(), ()):
            if caller not in points:
                waiting.append(caller)
            if all(call is not one for one in points.setdefault(caller, [])):
                points[caller].append(call)
    return points


def _is_after(call: Call, seedings: list[Call]) -> bool:
    return any(one.span < call.span and one.guards <= call.guards for one in seedings)


def _is_dataset(context: Context, key: FunctionKey) -> bool:
    owner = context.project.function(key).owner
    return owner is not None and context.workers.kinds.kind((key[0], owner)) == "dataset"


def on_evaluation(seeding: Seeding) -> bool:
    """Whether a seeding stands under a condition about training or evaluating."""
    words = ("val", "test", "eval", "train", "debug", "determin", "fixed", "mode", "split", "repro")
    return any(word in guard.lower() for guard in seeding.call.guards for word in words)


@dataclass(frozen=True)
class Reseeded:
    """Attributes holding a generator that worker code, or an init function, seeds or makes anew."""

    of_class: frozenset[tuple[ClassKey, str]]
    # Set by an init function on an object that is not seen: with the function's file.
    anywhere: frozenset[tuple[str, str]]

    def __call__(self, context: Context, key: FunctionKey, name: str) -> bool:
        """Whether an attribute of this name of a method's object is one."""
        leads_to = context.project.leads_to
        if any(one == name and leads_to(path, key[0]) for one, path in self.anywhere):
            return True
        owner = context.project.function(key).owner
        family = context.inference.classes.family((key[0], owner)) if owner else ()
        return any((one, name) in self.of_class for one in family)


def _reseeded(context: Context) -> Reseeded:
    of_class: set[tuple[ClassKey, str]] = set()
    anywhere: set[tuple[str, str]] = set()
    for key in (*context.workers.reached, *context.workers.inits.reached):
        function = context.project.function(key)
        if function.name in ("__init__", "__post_init__"):
            continue
        for owner, name in _set_anew(context, key, function):
            first = function.parameters[0].name if function.parameters else ""
            if function.owner and isinstance(owner, Name) and owner.id == first:
                of_class.add(((key[0], function.owner), name))
            elif key in context.workers.inits:
                anywhere.add((name, key[0]))
    return Reseeded(frozenset(of_class), frozenset(anywhere))


def _set_anew(
    context: Context, key: FunctionKey, function: Function
) -> Iterator[tuple[Expression, str]]:
    """The attributes, with whose they are, whose generator a function seeds or replaces."""
    for one in context.own_seedings(key):
        method = one.call.function
        held = method.value if isinstance(method, Attribute) else None
        if one.what == "object" and isinstance(held, Attribute):
            yield held.value, held.name
    for stored in function.stored:
        if stored.name == "state" and isinstance(stored.owner, Attribute):
            inner = stored.owner.value  # self.rng.bit_generator.state = ...
            if isinstance(inner, Attribute):
                yield inner.value, inner.name
        elif key in context.workers.inits:
            yield stored.owner, stored.name
