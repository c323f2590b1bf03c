"""From a syntax tree of Python's own parser to `syntax.Module`; nothing is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from seedaug.lint.expressions import Reader, span_of, words_of
from seedaug.lint.syntax import (
    MODULE,
    WHILE,
    Class,
    Constant,
    Each,
    Function,
    FunctionReference,
    Import,
    Loop,
    Module,
    Operation,
)

__all__ = ["extract"]


def extract(tree: ast.Module, path: str) -> Module:
    """What the linter keeps of a file.

    Args:
        tree: of the whole file.
        path: as findings show it.
    """
    module = Module(path, {}, {})
    body = Function(MODULE, MODULE, (1, 1, 1, 1))
    module.functions[MODULE] = body
    _Extractor(module, body, None).block(tree.body)
    return module


class _Extractor(Reader):
    """Reads the statements of one function (or module, or class body) into its record."""

    # Statements

    def block(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            method = getattr(self, "on_" + type(statement).__name__, None)
            if method is not None:
                method(statement)
            else:
                self.generic(statement)

    def generic(self, statement: ast.AST) -> None:
        """A statement without a rule of its own: the expressions and blocks in it."""
        for _, value in ast.iter_fields(statement):
            if isinstance(value, ast.expr):
                self.read(value)
            elif isinstance(value, list):
                for one in value:
                    if isinstance(one, ast.stmt):
                        self.block((one,))
                    elif isinstance(one, ast.expr):
                        self.read(one)
                    elif isinstance(one, ast.AST):
                        self.generic(one)
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                self.generic(value)

    def on_Import(self, statement: ast.Import) -> None:
        for alias in statement.names:
            if alias.asname:
                self.assign_name(alias.asname, Import(alias.name, None, 0), statement)
            else:
                top = alias.name.split(".")[0]
                self.function.dotted_imports.append(Import(alias.name, None, 0))
                self.assign_name(top, Import(top, None, 0), statement)

    def on_ImportFrom(self, statement: ast.ImportFrom) -> None:
        source = statement.module or ""
        for alias in statement.names:
            found = Import(source, alias.name, statement.level)
            if alias.name == "*":
                self.function.star_imports.append(found)
            else:
                self.assign_name(alias.asname or alias.name, found, statement)

    def on_Assign(self, statement: ast.Assign) -> None:
        value = self.read(statement.value)
        for target in statement.targets:
            self.assign(target, value, statement)

    def on_AnnAssign(self, statement: ast.AnnAssign) -> None:
        self.read(statement.annotation)
        if self.owner is not None and isinstance(statement.target, ast.Name):
            self.owner.annotated.add(statement.target.id)
        if statement.value is not None:
            self.assign(statement.target, self.read(statement.value), statement)

    def on_AugAssign(self, statement: ast.AugAssign) -> None:
        value = Operation((self.read(statement.target), self.read(statement.value)))
        self.assign(statement.target, value, statement, changed=True)

    def on_Return(self, statement: ast.Return) -> None:
        if statement.value is not None:
            self.function.returns.append(self.read(statement.value))

    def on_Global(self, statement: ast.Global) -> None:
        self.function.globals.update(statement.names)

    on_Nonlocal = on_Global

    def on_If(self, statement: ast.If | ast.While) -> None:
        self.read(statement.test)
        before = self.guards
        words = before.union(words_of(statement.test))
        for branch, block in (("then", statement.body), ("else", statement.orelse)):
            self.guards = words | {f"{branch} {statement.lineno}"}
            self.block(block)
        self.guards = before

    def on_While(self, statement: ast.While) -> None:
        loop = Loop(WHILE, Constant(True), span_of(statement))
        self.function.loops.append(loop)
        self.on_If(statement)

    def on_Try(self, statement: ast.Try) -> None:
        self.block(statement.body)
        before = self.guards
        for handler in statement.handlers:
            self.guards = before | {f"except {handler.lineno}"}
            if handler.type is not None:
                self.read(handler.type)
            self.block(handler.body)
        self.guards = before
        self.block(statement.orelse)
        self.block(statement.finalbody)

    on_TryStar = on_Try

    def on_For(self, statement: ast.For | ast.AsyncFor) -> None:
        value = self.read(statement.iter)
        self.assign(statement.target, Each(value), statement)
        names = tuple(node.id for node in ast.walk(statement.target) if isinstance(node, ast.Name))
        self.function.loops.append(Loop(names, value, span_of(statement)))
        self.block(statement.body)
        self.block(statement.orelse)

    on_AsyncFor = on_For

    def on_With(self, statement: ast.With | ast.AsyncWith) -> None:
        for item in statement.items:
            value = self.read(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, statement)
        self.block(statement.body)

    on_AsyncWith = on_With

    def on_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = self.begin_function(node.name, node)
        function.decorators = [self.read(decorator) for decorator in node.decorator_list]
        self.assign_name(node.name, FunctionReference(function.qualname), node)
        if self.owner is not None:
            function.owner = self.owner.qualname
            self.owner.methods[node.name] = function.qualname
        inner = _Extractor(self.module, function, None)
        inner.block(node.body)

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        qualname = self.free_name(node.name)
        bases = [self.read(base) for base in node.bases]
        decorators = [self.read(decorator) for decorator in node.decorator_list]
        for keyword in node.keywords:
            self.read(keyword.value)
        outer = self.function.qualname
        found = Class(node.name, qualname, span_of(node), outer, bases, decorators)
        self.module.classes[qualname] = found
        self.assign_name(node.name, FunctionReference(qualname), node)
        body = Function(node.name, qualname, span_of(node), outer=outer)
        self.module.functions[qualname] = body
        _Extractor(self.module, body, found).block(node.body)
