"""What the linter keeps of a file's syntax tree: names, calls, assignments.

It is small enough to send between processes. An expression is kept as far as it can say what a
value is and what it depends on; arithmetic becomes `Operation`, whatever its operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = [
    "MODULE",
    "WHILE",
    "Assigned",
    "Attribute",
    "Call",
    "Class",
    "Constant",
    "Each",
    "Either",
    "Expression",
    "Function",
    "FunctionReference",
    "Import",
    "Item",
    "Items",
    "Loop",
    "Module",
    "Name",
    "Operation",
    "Parameter",
    "Span",
    "Stored",
    "walk",
]

Span: TypeAlias = tuple[int, int, int, int]  # line, column, end line, end column; columns from 1

WHILE = ("while",)  # the target of a loop that has none
MODULE = "<module>"  # the qualified name of a module's own body


@dataclass(slots=True, eq=False)
class Name:
    """A bare name."""

    id: str


@dataclass(slots=True, eq=False)
class Attribute:
    """`value.name`."""

    value: Expression
    name: str


@dataclass(slots=True, eq=False)
class Call:
    """A call.

    `guards` are the names and texts in the conditions that it stands under, and their branches as
    "then 12" and "else 12", by the condition's line.
    """

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str | None, Expression], ...]  # None: **mapping
    span: Span
    guards: frozenset[str]

    def keyword(self, *names: str) -> Expression | None:
        """The value of the first of these keywords that is given."""
        return next((value for name, value in self.keywords if name in names), None)

    def argument(self, position: int, *names: str) -> Expression | None:
        """The value at a position, or of one of these keywords."""
        if position < len(self.arguments):
            return self.arguments[position]
        return self.keyword(*names)


@dataclass(slots=True, eq=False)
class Constant:
    """A literal number, text, bool or None."""

    value: Any


@dataclass(slots=True, eq=False)
class Items:
    """A list, tuple, set, comprehension, or the values of a dict (`keys` if all are literal)."""

    elements: tuple[Expression, ...]
    keys: tuple[Any, ...] = ()


@dataclass(slots=True, eq=False)
class Item:
    """`value[index]`."""

    value: Expression
    index: Expression


@dataclass(slots=True, eq=False)
class Each:
    """One of the elements of `value`: a loop's variable; `position` where it is unpacked."""

    value: Expression
    position: int | None = None


@dataclass(slots=True, eq=False)
class Either:
    """One of these: `a if c else b`, `a or b`."""

    options: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class Operation:
    """Computed from these."""

    operands: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class FunctionReference:
    """A lambda where it stands, or a `def` or `class` as the value of its name."""

    qualname: str


@dataclass(slots=True, eq=False)
class Import:
    """`import module` (name None) or `from module import name`; level counts the leading dots."""

    module: str
    name: str | None
    level: int


Expression: TypeAlias = (
    Name
    | Attribute
    | Call
    | Constant
    | Items
    | Item
    | Each
    | Either
    | Operation
    | FunctionReference
    | Import
)


@dataclass(slots=True, eq=False)
class Assigned:
    """A value given to a name."""

    value: Expression
    line: int
    guards: frozenset[str]
    changed: bool = False  # `+=` and the like


@dataclass(slots=True, eq=False)
class Stored:
    """A value given to an attribute: `owner.name = value`."""

    owner: Expression
    name: str
    value: Expression
    line: int
    guards: frozenset[str]
    changed: bool = False


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter; `kind` is "positional", "keyword", "*" or "**"."""

    name: str
    default: Expression | None
    annotation: Expression | None
    kind: str = "positional"


@dataclass(slots=True, eq=False)
class Loop:
    """`for target in value:`, or `while value:`."""

    target: tuple[str, ...]
    value: Expression
    span: Span  # of the whole statement


@dataclass(slots=True, eq=False)
class Function:
    """A function, a lambda, or the body of a module or class."""

    name: str
    qualname: str
    span: Span
    owner: str | None = None  # qualified name of the class whose method it is
    outer: str = MODULE  # qualified name of the function around it
    parameters: list[Parameter] = field(default_factory=list)
    decorators: list[Expression] = field(default_factory=list)
    names: dict[str, list[Assigned]] = field(default_factory=dict)
    stored: list[Stored] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)  # attributes read of the first parameter
    returns: list[Expression] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    star_imports: list[Import] = field(default_factory=list)
    dotted_imports: list[Import] = field(default_factory=list)  # `import a.b`, which binds a


@dataclass(slots=True, eq=False)
class Class:
    """A class; its body's names are those of the function with its qualified name."""

    name: str
    qualname: str
    span: Span
    outer: str
    bases: list[Expression]
    decorators: list[Expression]
    methods: dict[str, str] = field(default_factory=dict)  # name -> qualified name
    annotated: set[str] = field(default_factory=set)  # fields, in order of a dataclass


@dataclass(slots=True, eq=False)
class Module:
    """A parsed file."""

    path: str
    functions: dict[str, Function]
    classes: dict[str, Class]
    speaks_of_random: bool = True  # whether its text has a word that every finding needs

    @property
    def imports(self) -> Iterator[Import]:
        """All its imports, wherever they stand."""
        for function in self.functions.values():
            for assigned in function.names.values():
                for one in assigned:
                    if isinstance(one.value, Import):
                        yield one.value
            yield from function.star_imports
            yield from function.dotted_imports

    @property
    def body(self) -> Function:
        """The module's own statements."""
        return self.functions[MODULE]


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all within it; not into the bodies of lambdas."""
    waiting: list[Expression] = [expression]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, Attribute | Each):
            waiting.append(one.value)
        elif isinstance(one, Call):
            waiting.append(one.function)
            waiting += one.arguments
            waiting += [value for _, value in one.keywords]
        elif isinstance(one, Items):
            waiting += one.elements
        elif isinstance(one, Item):
            waiting += (one.value, one.index)
        elif isinstance(one, Either):
            waiting += one.options
        elif isinstance(one, Operation):
            waiting += one.operands
