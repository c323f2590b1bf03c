"""What runs when given functions run: the functions reached from roots, and by which way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seedaug.lint.infer import Inference
from seedaug.lint.known import INIT_FUNCTION, words
from seedaug.lint.project import CallSite, FunctionKey, last_name
from seedaug.lint.syntax import Attribute, Call, Expression, Function
from seedaug.lint.values import (
    ClassValue,
    External,
    FunctionValue,
    Group,
    Instance,
    Made,
    Method,
    Value,
)

__all__ = ["Reached", "callables", "called", "edges", "edges_by_call", "reach"]

THREADS = words(
    """concurrent.futures.ThreadPoolExecutor threading.Thread multiprocessing.pool.ThreadPool
    multiprocessing.dummy.Pool threading.Timer"""
)
COMMON_METHODS = words(
    """append extend update items values copy close write split strip format lower upper index count
    forward backward train start submit apply fit_transform reset clone astype reshape transpose
    permute squeeze unsqueeze numpy detach float double tolist flatten contiguous repeat expand
    __init__ __len__ shuffle sample choice normal uniform random randint permutation load_state_dict
    state_dict parameters named_parameters zero_grad cuda save load_data"""
)
MOST_OWNERS = 8
MOST_HELD = 400  # objects that are looked into for what they hold
TELLING_LENGTH = 8  # of a method's name of several words
NO_CALLBACK = words("DataLoader print isinstance setattr getattr hasattr repr str id")


@dataclass(frozen=True, slots=True)
class Reached:
    """How a function is reached: from which root, by which function, and whether in a thread."""

    root: FunctionKey
    by: FunctionKey | None
    thread: bool


def reach(
    inference: Inference,
    roots: Iterable[FunctionKey],
    avoid: frozenset[FunctionKey] = frozenset(),
    depth: int = 1000,
) -> dict[FunctionKey, Reached]:
    """The functions that run when the roots do; not those to `avoid`.

    Args:
        inference: over the project.
        roots: where to begin.
        avoid: where not to go.
        depth: the most calls from a root.
    """
    found: dict[FunctionKey, Reached] = {}
    steps: dict[FunctionKey, int] = {}
    waiting: deque[FunctionKey] = deque()
    for root in roots:
        if root not in found and root not in avoid:
            found[root] = Reached(root, None, False)
            waiting.append(root)
    while waiting:
        key = waiting.popleft()
        here = found[key]
        if steps.get(key, 0) >= depth:
            continue
        for target, thread in edges(inference, key):
            if target not in found and target not in avoid:
                steps[target] = steps.get(key, 0) + 1
                found[target] = Reached(here.root, key, here.thread or thread)
                waiting.append(target)
    return found


def edges(inference: Inference, key: FunctionKey) -> list[tuple[FunctionKey, bool]]:
    """The functions that a function calls, and whether in a thread of their own."""
    known = inference.edges.get(key)
    if known is None:
        function = inference.project.function(key)
        found = [one for call in function.calls for one in called(inference, call, key)]
        found += _implied(inference, function, key)
        known = inference.edges[key] = list(dict.fromkeys(found))
    return known


def edges_by_call(
    inference: Inference, key: FunctionKey
) -> Iterator[tuple[FunctionKey, Call | None]]:
    """The functions that a function calls, and by which call; None for items and properties."""
    function = inference.project.function(key)
    for call in function.calls:
        for target, _ in called(inference, call, key):
            yield target, call
    for target, _ in _implied(inference, function, key):
        yield target, None


def _implied(
    inference: Inference, function: Function, key: FunctionKey
) -> Iterator[tuple[FunctionKey, bool]]:
    """What items, loops and properties call."""
    for item in function.items:
        for value in inference.values(item.value, key):
            if isinstance(value, Instance):
                yield from _methods(inference, value, "__getitem__")
    for loop in function.loops:
        for value in inference.values(loop.value, key):
            if isinstance(value, Instance):
                yield from _methods(inference, value, "__iter__", "__next__", "__getitem__")
    yield from _properties(inference, function, key)


def _methods(
    inference: Inference, value: Instance, *names: str
) -> Iterator[tuple[FunctionKey, bool]]:
    for name in names:
        for method in inference.classes.methods(value.key, name):
            yield method, False


def _properties(
    inference: Inference, function: Function, key: FunctionKey
) -> Iterator[tuple[FunctionKey, bool]]:
    owner = function.owner
    if owner is None:
        return
    for name in sorted(function.reads):
        for method in inference.classes.methods((key[0], owner), name):
            decorators = inference.project.function(method).decorators
            if any(last_name(one) in ("property", "cached_property") for one in decorators):
                yield method, False


def called(
    inference: Inference, call: Call, key: FunctionKey
) -> Iterator[tuple[FunctionKey, bool]]:
    """The functions that one call may run, and whether in a thread of their own."""
    foreign = False
    threads = False
    values = inference.values(call.function, key)
    for value in values:
        if isinstance(value, FunctionValue):
            if last_name(call.function) != inference.project.function(value.key).name:
                site = (CallSite(call, key), value.bound)
                inference.call_sites.indirect.setdefault(value.key, []).append(site)
            yield value.key, False
        elif isinstance(value, ClassValue):
            for name in ("__init__", "__post_init__"):
                for method in inference.classes.methods(value.key, name)[:1]:
                    yield method, False
        elif isinstance(value, Instance):
            yield from _methods(inference, value, "__call__", "forward")
            yield from ((one, False) for one in _foreign_call(inference, value))
        elif isinstance(value, Made):
            yield from ((one, False) for one in _arguments(inference, value.call, value.scope))
        elif isinstance(value, Method):
            foreign = True
            threads = threads or value.owner.path in THREADS
            if isinstance(value.owner, Made) and value.name in ("start", "run"):
                for one in _arguments(inference, value.owner.call, value.owner.scope):
                    yield one, threads
        elif isinstance(value, External):
            foreign = True
            threads = threads or value.path in THREADS
    if not values:
        for one in _by_unique_name(inference, call, key):
            yield one, False
    if (foreign or not values) and last_name(call.function) not in NO_CALLBACK:
        for one in _given_functions(inference, call, key):
            yield one, threads


def _by_unique_name(inference: Inference, call: Call, key: FunctionKey) -> Iterator[FunctionKey]:
    """`x.method()` of one knows not what, where few classes have such a method."""
    if not isinstance(call.function, Attribute) or len(call.function.name) < 5:
        return
    if call.function.name in COMMON_METHODS:
        return
    owners = inference.project.methods.get(call.function.name, ())
    if not owners:
        return
    family = inference.classes.family(owners[0])
    related = all(one in family or set(inference.classes.line(one)) & set(family) for one in owners)
    telling = "_" in call.function.name.strip("_") and len(call.function.name) >= TELLING_LENGTH
    if len(owners) <= MOST_OWNERS and (related or telling):
        for one in owners:
            method = (one[0], inference.project.class_(one).methods[call.function.name])
            sites = inference.call_sites.indirect.setdefault(method, [])
            if all(site.call is not call for site, _ in sites):
                sites.append((CallSite(call, key), True))
            yield method


def _foreign_call(inference: Inference, value: Instance) -> Iterator[FunctionKey]:
    """An object of a class that inherits its `__call__` from a library: Compose and the like."""
    if value.call is None or value.scope is None:
        return
    if inference.classes.methods(value.key, "__call__"):
        return
    if inference.classes.foreign_bases(value.key):
        yield from _arguments(inference, value.call, value.scope)


def _arguments(inference: Inference, call: Call, scope: FunctionKey) -> Iterator[FunctionKey]:
    """Everything that can be called among a call's arguments: what a Compose runs."""
    for expression in (*call.arguments, *(value for _, value in call.keywords)):
        yield from callables(inference, expression, scope)


def callables(
    inference: Inference, expression: Expression, scope: FunctionKey
) -> Iterator[FunctionKey]:
    """The functions that an expression holds: itself, in lists, in objects with `__call__`."""
    seen: set[Value] = set()
    waiting = [(expression, scope)]
    while waiting:
        one, where = waiting.pop()
        for value in inference.values(one, where):
            if value in seen or len(seen) > MOST_HELD:
                continue
            seen.add(value)
            if isinstance(value, FunctionValue):
                yield value.key
            elif isinstance(value, Instance):
                for name in ("__call__", "forward"):
                    yield from inference.classes.methods(value.key, name)
            waiting += _held_by(value)


def _held_by(value: Value) -> list[tuple[Expression, FunctionKey]]:
    """What an object or list was made from, with the functions where that stands."""
    if isinstance(value, Group):
        return [(one, value.scope) for one in value.elements]
    if isinstance(value, Made) and value.path.endswith("DataLoader"):
        return []
    if isinstance(value, Instance | Made) and value.call is not None and value.scope is not None:
        keywords = [given for _, given in value.call.keywords]
        return [(one, value.scope) for one in (*value.call.arguments, *keywords)]
    return []


def _given_functions(inference: Inference, call: Call, key: FunctionKey) -> Iterator[FunctionKey]:
    """Functions (not objects) given to a library's function: `map(self.load, names)`."""
    for name, expression in (*((None, one) for one in call.arguments), *call.keywords):
        if name is not None and INIT_FUNCTION.search(name):
            continue
        for value in inference.values(expression, key):
            if isinstance(value, FunctionValue):
                yield value.key
