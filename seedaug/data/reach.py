"""Finding the generators that a dataset can reach: its attributes, closures, defaults, modules."""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
import sys
import time
import types
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["Reached", "identity", "kind", "reach", "walk"]

Reached = dict[str, Any]
"""Generators by the way to them: ``dataset.transform.transforms[0].rng``."""

_MOST_OBJECTS = 4000
_MOST_ITEMS = 64  # of one list or dict: a list of file names is no place for a generator
_DEPTH = 12
_LIBRARIES = ("torch", "numpy", "scipy", "PIL", "seedaug", "multiprocessing")
_PLAIN = (str, bytes, bytearray, int, float, complex, bool, type(None), np.ndarray, np.generic,
          torch.Tensor, range, types.BuiltinFunctionType)  # fmt: skip


def _is_sampler(kind: type) -> bool:
    """Whether it is one of scipy's quasi-random engines."""
    return any(str(k.__module__).startswith("scipy.stats") and k.__name__ == "QMCEngine"
               for k in kind.__mro__)  # fmt: skip


@functools.lru_cache(4096)
def _may_be_one(kind: type) -> bool:
    """Whether objects of that type are generators; asked of each object in reach."""
    found = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random,
             torch.Generator)  # fmt: skip
    return issubclass(kind, found) or _is_sampler(kind)


def kind(value: Any) -> str | None:
    """What generator it is, or None if it is none that counts (global ones don't)."""
    own: Any = type(value)
    if not _may_be_one(own):
        return None
    if isinstance(value, np.random.Generator):
        return f"numpy Generator ({type(value.bit_generator).__name__})"
    if isinstance(value, np.random.RandomState):
        return None if value is np.random.mtrand._rand else "numpy RandomState"
    if isinstance(value, np.random.BitGenerator):
        return f"numpy {type(value).__name__}"
    if isinstance(value, random.SystemRandom):
        return None
    if isinstance(value, random.Random):
        return None if value is getattr(random, "_inst", None) else "random.Random"
    if isinstance(value, torch.Generator):
        return None if value is torch.default_generator else "torch.Generator"
    return f"scipy {type(value).__name__}"


def identity(value: Any) -> int:
    """The same number for two objects that draw from the same bits."""
    bits = getattr(value, "bit_generator", None) or getattr(value, "_bit_generator", None)
    return id(value if bits is None else bits)


def reach(roots: Mapping[str, Any], seconds: float = 10.0) -> Reached:
    """The generators within reach of the named objects, by their shortest names.

    Args:
        roots: where to begin, by name.
        seconds: of this thread's work, when to stop with what was found by then.
    """
    found: Reached = {}
    known: set[int] = set()
    for name, value in walk(roots, seconds):
        if kind(value) is not None and identity(value) not in known:
            known.add(identity(value))
            found[name] = value
    return found


def walk(roots: Mapping[str, Any], seconds: float = 10.0) -> Iterator[tuple[str, Any]]:
    """The objects within reach of the named ones, without calling any code of theirs.

    Looks into attributes, slots, containers, bound methods, partials, closures, defaults, the
    module globals that functions name, and class attributes: breadth first, so that what can be
    reached in several ways goes by its shortest name. An object's type is asked, never the object,
    which may answer anything (a proxy, a mock). It ends after 4000 objects, or when time is up.
    """
    seen: set[int] = set()
    waiting = deque((name, root, 0) for name, root in roots.items())
    until = time.thread_time() + seconds
    while waiting and len(seen) < _MOST_OBJECTS and time.thread_time() < until:
        name, value, depth = waiting.popleft()
        own: Any = type(value)
        if id(value) in seen or _is_plain(own):
            continue
        seen.add(id(value))
        yield name, value
        if depth < _DEPTH and kind(value) is None:
            with contextlib.suppress(Exception):  # another thread may change what is looked into
                waiting.extend((way, inner, depth + 1) for way, inner in _inner(name, value))


@functools.lru_cache(4096)
def _is_plain(kind: Any) -> bool:
    return issubclass(kind, _PLAIN)


def _inner(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    own = type(value)
    # The containers' own methods: a subclass may do anything when it is asked.
    if issubclass(own, dict):
        for key, item in itertools.islice(dict.items(value), _MOST_ITEMS):
            yield f"{name}[{key!r}]" if type(key) in (str, int) else f"{name}[...]", item
    for container in (list, tuple, set, frozenset, deque):
        if issubclass(own, container):
            for number, item in enumerate(itertools.islice(container.__iter__(value), _MOST_ITEMS)):
                yield f"{name}[{number}]", item
    if own is types.MethodType:
        yield f"{name}.__self__", value.__self__
        yield name, value.__func__
    elif own is types.FunctionType:
        yield from _of_function(name, value)
    elif issubclass(own, functools.partial):
        yield f"{name}.func", value.func
        yield from ((f"{name}.args[{i}]", item) for i, item in enumerate(value.args))
        yield from ((f"{name}.keywords[{k!r}]", v) for k, v in value.keywords.items())
    elif issubclass(own, type):
        yield from _of_class(name, value)
    elif issubclass(own, types.ModuleType):
        yield from ((f"{name}.{k}", v) for k, v in [*vars(value).items()] if kind(v) is not None)
    else:
        yield from _of_object(name, value)


def _attribute(value: Any, name: str) -> Any:
    """An attribute, past any `__getattr__` of its class; None if there is none to be had."""
    try:
        return object.__getattribute__(value, name)
    except Exception:  # a property of that name may raise anything
        return None


def _of_object(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    held = _attribute(value, "__dict__")
    if type(held) is dict:
        # A Module keeps its parts in dicts of its own; users know them as attributes.
        shared = str(type(value).__module__).startswith("torch.utils.data.datapipes")
        for key, item in [*held.items()]:
            if shared and key == "_rng":
                continue  # a shuffler's: all workers shuffle alike, and then take their share
            if key in ("_modules", "_parameters", "_buffers") and isinstance(item, dict):
                yield from ((f"{name}.{part}", inner) for part, inner in item.items())
            else:
                yield f"{name}.{key}", item
    for owner in type(value).__mro__:
        for slot in owner.__dict__.values():
            if isinstance(slot, types.MemberDescriptorType):
                try:
                    yield f"{name}.{slot.__name__}", slot.__get__(value)
                except Exception:
                    continue
    yield name, type(value)


def _of_class(name: str, value: type) -> Iterator[tuple[str, Any]]:
    for owner in type.__dict__["__mro__"].__get__(value):
        if _of_library(owner.__module__):
            continue
        for key, item in [*vars(owner).items()]:
            if isinstance(item, (staticmethod, classmethod)):
                item = item.__func__
            elif isinstance(item, property):
                item = item.fget
            yield f"{name}.{key}", item


def _of_function(name: str, function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    if _of_library(function.__module__ or ""):
        return
    for variable, cell in zip(
        function.__code__.co_freevars, function.__closure__ or (), strict=True
    ):
        try:
            yield f"{name}.<closure {variable}>", cell.cell_contents
        except ValueError:
            continue  # not bound yet
    for number, item in enumerate(function.__defaults__ or ()):
        yield f"{name}.<default {_default(function, number)}>", item
    for key, item in (function.__kwdefaults__ or {}).items():
        yield f"{name}.<default {key}>", item
    module = function.__globals__.get("__name__", "")
    for used in _names(function.__code__):
        item = function.__globals__.get(used)
        if type(item) is types.ModuleType and not _of_library(item.__name__):
            yield item.__name__, item
        elif kind(item) is not None or (item is not None and not _of_library(_module(item))):
            yield f"{module}.{used}", item


def _module(value: Any) -> Any:
    """Where a function or class is defined, or the class of an object."""
    defined = issubclass(type(value), (type, types.FunctionType))
    return (value if defined else type(value)).__module__


def _default(function: types.FunctionType, number: int) -> str:
    code = function.__code__
    first = code.co_argcount - len(function.__defaults__ or ())
    return code.co_varnames[first + number]


def _names(code: types.CodeType) -> set[str]:
    """The global names in a function and in the functions inside it."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found


def _of_library(module: Any) -> bool:
    top = str(module).partition(".")[0]
    return top in _LIBRARIES or (top in sys.stdlib_module_names and top != "__main__")
