"""Reads expressions, the targets of assignments, and the heads of functions, into their records."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from seedaug.lint.syntax import (
    MODULE,
    Assigned,
    Attribute,
    Call,
    Class,
    Constant,
    Each,
    Either,
    Expression,
    Function,
    FunctionReference,
    Item,
    Items,
    Module,
    Name,
    Operation,
    Parameter,
    Span,
    Stored,
)

__all__ = ["Reader", "span_of", "words_of"]

NOTHING: frozenset[str] = frozenset()
GROWING = frozenset({"append", "insert", "appendleft"})


def span_of(node: Any) -> Span:
    """Where a node stands."""
    return (node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)


def words_of(test: ast.expr) -> Iterator[str]:
    """The names and texts in a condition."""
    for node in ast.walk(test):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


class Reader:
    """Reads the expressions of one function (or module, or class body) into its record.

    Args:
        module: that the function belongs to.
        function: whose record it is.
        owner: the class whose body this is.
    """

    def __init__(self, module: Module, function: Function, owner: Class | None) -> None:
        self.module = module
        self.function = function
        self.owner = owner
        self.guards = NOTHING

    # Expressions

    def read(self, node: ast.expr) -> Expression:
        """The record of an expression; the calls in it are noted on the way."""
        kind = type(node)
        if kind is ast.Name:
            return Name(node.id)  # type: ignore[attr-defined]
        if kind is ast.Constant:
            value = node.value  # type: ignore[attr-defined]
            return Constant(value if isinstance(value, str | int | float | None) else repr(value))
        reader = _READERS.get(kind)
        if reader is not None:
            found: Expression = reader(self, node)
            return found
        return Operation(tuple(self.parts(node)))

    def parts(self, node: ast.AST) -> list[Expression]:
        found: list[Expression] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                found.append(self.read(child))
            elif not isinstance(child, ast.expr_context | ast.operator | ast.cmpop | ast.unaryop):
                found += self.parts(child)
        return found

    def on_attribute(self, node: ast.Attribute) -> Expression:
        value = self.read(node.value)
        parameters = self.function.parameters
        if isinstance(value, Name) and parameters and value.id == parameters[0].name:
            self.function.reads.add(node.attr)
        return Attribute(value, node.attr)

    def on_call(self, node: ast.Call) -> Expression:
        function = self.read(node.func)
        arguments = tuple([self.read(one) for one in node.args])
        keywords = tuple([(one.arg, self.read(one.value)) for one in node.keywords])
        call = Call(function, arguments, keywords, span_of(node), self.guards)
        self.function.calls.append(call)
        if arguments and isinstance(function, Attribute) and function.name in GROWING:
            self.grow(function.value, arguments[-1], node)
        return call

    def grow(self, owner: Expression, element: Expression, node: ast.Call) -> None:
        """`names.append(x)`: x is one of the elements of names."""
        more = Items((element,))
        if isinstance(owner, Attribute):
            self.function.stored.append(
                Stored(owner.value, owner.name, more, node.lineno, self.guards)
            )
        elif isinstance(owner, Name) and owner.id in self.function.names:
            self.assign_name(owner.id, more, node)

    def on_items(self, node: ast.List | ast.Tuple | ast.Set) -> Expression:
        return Items(tuple([self.read(one) for one in node.elts]))

    def on_dict(self, node: ast.Dict) -> Expression:
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        for key in node.keys:
            if key is not None and not isinstance(key, ast.Constant):
                self.read(key)
        values = tuple([self.read(one) for one in node.values])
        return Items(values, tuple(keys) if None not in keys else ())

    def on_subscript(self, node: ast.Subscript) -> Expression:
        item = Item(self.read(node.value), self.read(node.slice))
        if not isinstance(item.index, Constant):
            self.function.items.append(item)
        return item

    def on_either(self, node: ast.IfExp) -> Expression:
        self.read(node.test)
        before = self.guards
        words = before.union(words_of(node.test))
        options = []
        for branch, option in (("then", node.body), ("else", node.orelse)):
            self.guards = words | {f"{branch} {node.lineno}"}
            options.append(self.read(option))
        self.guards = before
        return Either(tuple(options))

    def on_or(self, node: ast.BoolOp) -> Expression:
        return Either(tuple([self.read(one) for one in node.values]))

    def on_arithmetic(self, node: ast.BinOp) -> Expression:
        operands = (self.read(node.left), self.read(node.right))
        # The elements of a + b are those of a and those of b.
        return Either(operands) if isinstance(node.op, ast.Add) else Operation(operands)

    def on_walrus(self, node: ast.NamedExpr) -> Expression:
        value = self.read(node.value)
        self.assign(node.target, value, node)
        return value

    def on_inner(self, node: ast.Starred | ast.Await) -> Expression:
        return self.read(node.value)

    def on_yield(self, node: ast.Yield | ast.YieldFrom) -> Expression:
        if node.value is None:
            return Constant(None)
        value = self.read(node.value)
        self.function.returns.append(value if isinstance(node, ast.YieldFrom) else Items((value,)))
        return Operation((value,))

    def on_lambda(self, node: ast.Lambda) -> Expression:
        function = self.begin_function("<lambda>", node)
        if self.owner is not None:
            function.owner = self.owner.qualname
        inner = Reader(self.module, function, None)
        function.returns.append(inner.read(node.body))
        return FunctionReference(function.qualname)

    def on_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Expression:
        self.clauses(node.generators)
        return Items((self.read(node.elt),))

    def on_dict_comprehension(self, node: ast.DictComp) -> Expression:
        self.clauses(node.generators)
        self.read(node.key)
        return Items((self.read(node.value),))

    def clauses(self, clauses: list[ast.comprehension]) -> None:
        for clause in clauses:
            self.assign(clause.target, Each(self.read(clause.iter)), clause.target)
            for test in clause.ifs:
                self.read(test)

    # Targets

    def assign(
        self, target: ast.expr, value: Expression, statement: Any, changed: bool = False
    ) -> None:
        if isinstance(target, ast.Name):
            self.assign_name(target.id, value, statement, changed)
        elif isinstance(target, ast.Attribute):
            owner = self.read(target.value)
            self.function.stored.append(
                Stored(owner, target.attr, value, statement.lineno, self.guards, changed)
            )
        elif isinstance(target, ast.Tuple | ast.List):
            self.unpack(target.elts, value, statement)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, statement)
        elif isinstance(target, ast.Subscript):
            self.read(target.slice)
            owner = self.read(target.value)
            if isinstance(owner, Attribute):  # self.rngs[i] = ...: one more of its elements
                stored = Items((value,))
                self.function.stored.append(
                    Stored(owner.value, owner.name, stored, statement.lineno, self.guards)
                )
            elif isinstance(owner, Name) and owner.id in self.function.names:
                self.assign_name(owner.id, Items((value,)), statement)

    def unpack(self, targets: Sequence[ast.expr], value: Expression, statement: Any) -> None:
        literal = isinstance(value, Items) and not value.keys and len(value.elements)
        for position, target in enumerate(targets):
            if literal == len(targets) and isinstance(value, Items):
                self.assign(target, value.elements[position], statement)
            else:
                self.assign(target, Each(value, position), statement)

    def assign_name(
        self, name: str, value: Expression, statement: Any, changed: bool = False
    ) -> None:
        assigned = Assigned(value, statement.lineno, self.guards, changed)
        self.function.names.setdefault(name, []).append(assigned)

    # Functions

    def free_name(self, name: str) -> str:
        outer = self.function.qualname
        qualname = name if outer == MODULE else f"{outer}.{name}"
        number = 2
        free = qualname
        while free in self.module.functions:
            free = f"{qualname}#{number}"
            number += 1
        return free

    def begin_function(
        self, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    ) -> Function:
        qualname = self.free_name(name)
        function = Function(name, qualname, span_of(node), outer=self.function.qualname)
        self.module.functions[qualname] = function
        function.parameters = self.parameters(node.args)
        return function

    def parameters(self, arguments: ast.arguments) -> list[Parameter]:
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        found = [
            self.parameter(one, default, "positional")
            for one, default in zip(positional, [*defaults, *arguments.defaults], strict=True)
        ]
        if arguments.vararg:
            found.append(self.parameter(arguments.vararg, None, "*"))
        found += [
            self.parameter(one, default, "keyword")
            for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        if arguments.kwarg:
            found.append(self.parameter(arguments.kwarg, None, "**"))
        return found

    def parameter(self, argument: ast.arg, default: ast.expr | None, kind: str) -> Parameter:
        return Parameter(
            argument.arg,
            None if default is None else self.read(default),
            None if argument.annotation is None else self.read(argument.annotation),
            kind,
        )


_READERS: dict[type, Any] = {
    ast.Attribute: Reader.on_attribute,
    ast.Call: Reader.on_call,
    ast.List: Reader.on_items,
    ast.Tuple: Reader.on_items,
    ast.Set: Reader.on_items,
    ast.Dict: Reader.on_dict,
    ast.Subscript: Reader.on_subscript,
    ast.IfExp: Reader.on_either,
    ast.BinOp: Reader.on_arithmetic,
    ast.BoolOp: Reader.on_or,
    ast.NamedExpr: Reader.on_walrus,
    ast.Starred: Reader.on_inner,
    ast.Await: Reader.on_inner,
    ast.Yield: Reader.on_yield,
    ast.YieldFrom: Reader.on_yield,
    ast.Lambda: Reader.on_lambda,
    ast.ListComp: Reader.on_comprehension,
    ast.SetComp: Reader.on_comprehension,
    ast.GeneratorExp: Reader.on_comprehension,
    ast.DictComp: Reader.on_dict_comprehension,
}
