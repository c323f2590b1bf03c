"""What calls of libraries give, and what lists and dicts hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seedaug.lint.known import GENERATOR_TYPES, SAME_GENERATOR, SAME_THING
from seedaug.lint.project import FunctionKey
from seedaug.lint.syntax import (
    MODULE,
    Attribute,
    Call,
    Constant,
    Each,
    Expression,
    Items,
)
from seedaug.lint.values import (
    ClassValue,
    External,
    FunctionValue,
    Group,
    GroupMethod,
    Instance,
    Literal,
    Made,
    Method,
    ModuleValue,
    Super,
    Typed,
    Value,
)

if TYPE_CHECKING:
    from seedaug.lint.infer import Inference

__all__ = ["Results"]

Values = tuple[Value, ...]


class Results:
    """Results of calls that are not the project's own.

    Args:
        inference: says what the arguments are.
    """

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._kept: list[Expression] = []  # made here; what is remembered by id must stay alive

    def of_group(self, method: GroupMethod) -> Iterable[Value]:
        """What `.items()` and the like of a list or dict give."""
        group = method.owner
        if method.name == "items":
            pairs = tuple(self._keep(Items((Constant(None), one))) for one in group.elements)
            return (Group(pairs, (), group.scope),)
        if method.name in ("get", "pop"):
            return self.elements((group,), None)
        return (group,)

    def external(self, path: str, call: Call, scope: FunctionKey) -> Iterable[Value]:
        """What a call of a library's function or class gives."""
        first = call.arguments[0] if call.arguments else None
        if path == "builtins.super":
            owner = self._inference.class_around(scope)
            return (Super(owner),) if owner else ()
        if path in ("dataclasses.field", "attr.ib", "attrs.field", "attr.field"):
            factory = call.keyword("default_factory", "factory")
            if factory is not None:
                return self._inference.values(
                    self._keep(Call(factory, (), (), call.span, call.guards)), scope
                )
            given = call.keyword("default")
            return self._inference.values(given, scope) if given is not None else ()
        if first is not None:
            if path in SAME_THING:
                return self._inference.values(first, scope)
            if path == "builtins.next":
                return self.elements(self._inference.values(first, scope), None)
            if path == "builtins.enumerate":
                return (Group((Items((Constant(0), Each(first))),), (), scope),)
            if path == "builtins.getattr" and len(call.arguments) > 1:
                return self._getattr(call, scope)
            if path == "sklearn.utils.check_random_state":
                return self._check_random_state(call, scope)
        return (Made(path, call, scope),)

    def _getattr(self, call: Call, scope: FunctionKey) -> Iterable[Value]:
        name = call.arguments[1]
        if not isinstance(name, Constant) or not isinstance(name.value, str):
            return self._any_method(call.arguments[0], scope)
        return self._inference.values(self._keep(Attribute(call.arguments[0], name.value)), scope)

    def _any_method(self, owner: Expression, scope: FunctionKey) -> Iterable[Value]:
        """`getattr(self, name)`: any method of the class itself, or function of a module."""
        for value in self._inference.values(owner, scope):
            if isinstance(value, Instance):
                for name, qualname in self._inference.project.class_(value.key).methods.items():
                    if not name.startswith("__"):
                        yield FunctionValue((value.key[0], qualname), bound=True)
            elif isinstance(value, ModuleValue):
                module = self._inference.project.module(value.path)
                for function in module.functions.values() if module else ():
                    if function.outer == MODULE and function.qualname in module.body.names:  # type: ignore[union-attr]
                        yield self._inference.defined((value.path, function.qualname))

    def _keep(self, expression: Expression) -> Expression:
        self._kept.append(expression)
        return expression

    def _check_random_state(self, call: Call, scope: FunctionKey) -> Iterable[Value]:
        given = self._inference.values(call.arguments[0], scope)
        found = [one for one in given if isinstance(one, Made | Typed)]
        if any(one == Literal(None) for one in given):
            return [*found, External("numpy.random")]
        return found or (Made("numpy.random.RandomState", call, scope),)

    def of_method(self, method: Method, call: Call, scope: FunctionKey) -> Iterable[Value]:
        """What a method of a library's object gives."""
        owner = method.owner
        if method.name in SAME_GENERATOR and owner.path in GENERATOR_TYPES:
            return (owner,)
        return (Made(f"{owner.path}.{method.name}", call, scope),)

    def elements(self, values: Values, index: object) -> Iterable[Value]:
        """The elements of lists and dicts: the one at an index, or all."""
        found: list[Value] = []
        for value in values:
            if isinstance(value, Group):
                for element in self._chosen(value, index):
                    found += self._inference.values(element, value.scope)
            elif isinstance(value, External | ClassValue):
                found.append(value)  # a type with parameters: Dataset[Sample]
            elif isinstance(value, Made) and value.path in GENERATOR_TYPES:
                found.append(value)  # one of those that spawn() gave
            elif isinstance(value, Made) and value.call.arguments:
                # A list within a library's container: ModuleList([...]), Compose([...])[0]
                for one in self._inference.values(value.call.arguments[0], value.scope):
                    if isinstance(one, Group):
                        found += self.elements((one,), index)
        return found

    @staticmethod
    def _chosen(group: Group, index: object) -> tuple[Expression, ...]:
        if group.keys and index in group.keys:
            return (group.elements[group.keys.index(index)],)
        if isinstance(index, int) and not group.keys and 0 <= index < len(group.elements) > 1:
            return (group.elements[index],)
        return group.elements
