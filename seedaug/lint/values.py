"""What an expression may stand for, as far as the linter can tell without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from seedaug.lint.project import ClassKey, FunctionKey
from seedaug.lint.syntax import Call, Expression

__all__ = [
    "ClassValue",
    "External",
    "FunctionValue",
    "Group",
    "GroupMethod",
    "Instance",
    "Literal",
    "Made",
    "Method",
    "ModuleValue",
    "Super",
    "Typed",
    "Value",
]


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library, by its dotted path: `numpy.random.rand`."""

    path: str


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the project."""

    path: str


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function of the project; `bound` if its first parameter is given already."""

    key: FunctionKey
    bound: bool = False


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the project."""

    key: ClassKey


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the project; `call` made it, if it is known."""

    key: ClassKey
    call: Call | None = None
    scope: FunctionKey | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a call of a library's function or class gave: a generator, a Compose, …"""

    path: str
    call: Call
    scope: FunctionKey


@dataclass(frozen=True, slots=True)
class Typed:
    """Somebody else's object, of which the type is annotated."""

    path: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a library's object."""

    owner: Made | Typed
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """A list, tuple or dict, with its elements."""

    elements: tuple[Expression, ...]
    keys: tuple[object, ...]
    scope: FunctionKey


@dataclass(frozen=True, slots=True)
class GroupMethod:
    """A method of a list or dict."""

    owner: Group
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, a bool or None."""

    value: object


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` in a method of a class."""

    key: ClassKey


Value: TypeAlias = (
    External
    | ModuleValue
    | FunctionValue
    | ClassValue
    | Instance
    | Made
    | Typed
    | Method
    | Group
    | GroupMethod
    | Literal
    | Super
)
