"""Files that belong together, with indexes over all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from seedaug.lint.imports import Imports
from seedaug.lint.syntax import (
    Attribute,
    Call,
    Class,
    Expression,
    Function,
    Import,
    Module,
    Name,
    Stored,
)

__all__ = ["CallSite", "ClassKey", "FunctionKey", "Project", "last_name"]

FunctionKey: TypeAlias = tuple[str, str]  # path, qualified name
ClassKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call and the function that it stands in."""

    call: Call
    scope: FunctionKey
    partial: bool = False  # of `partial(function, ...)`: some of the arguments


def last_name(expression: Expression) -> str:
    """The name at the end of a dotted expression, or ""."""
    if isinstance(expression, Name):
        return expression.id
    return expression.name if isinstance(expression, Attribute) else ""


class Project:
    """Every parsed file.

    Args:
        modules: the files that were asked for, by absolute path.
        load: parses one more file that an import leads to; None if it cannot be read.
        imports: finds files; default, one of these modules alone.
    """

    def __init__(
        self,
        modules: Iterable[Module],
        load: Callable[[str], Module | None] | None = None,
        imports: Imports | None = None,
    ) -> None:
        self.modules: dict[str, Module | None] = {module.path: module for module in modules}
        self.asked = frozenset(self.modules)
        self._closures: dict[str, set[str]] = {}
        self._load = load or (lambda path: None)
        self._imports = imports or Imports(self.modules)
        self.find = self._imports.find
        self.methods: dict[str, list[ClassKey]] = defaultdict(list)  # who defines it, by its name
        self.calls: dict[str, list[CallSite]] = defaultdict(list)  # by the last name called
        self.aliases: dict[str, set[str]] = defaultdict(set)  # `import name as alias`
        # What is stored in attributes of anything but `self`, by their names.
        self.stores: dict[str, list[tuple[Stored, FunctionKey]]] = defaultdict(list)
        self.subclasses: dict[str, list[ClassKey]] = defaultdict(list)  # by the base's last name
        for module in list(self.modules.values()):
            if module is not None:
                self._index(module)

    def _index(self, module: Module) -> None:
        for function in module.functions.values():
            scope = (module.path, function.qualname)
            for call in function.calls:
                name = last_name(call.function)
                if name:
                    self.calls[name].append(CallSite(call, scope))
                if name == "partial" and call.arguments:
                    inner = Call(
                        call.arguments[0],
                        call.arguments[1:],
                        call.keywords,
                        call.span,
                        call.guards,
                    )
                    self.calls[last_name(inner.function)].append(CallSite(inner, scope, True))
            for alias, assigned in function.names.items():
                for one in assigned:
                    if isinstance(one.value, Import) and one.value.name not in (None, alias):
                        self.aliases[one.value.name].add(alias)
            for stored in function.stored:
                if isinstance(stored.owner, Name) and stored.owner.id in ("self", "cls"):
                    continue  # Classes.attributes has these
                self.stores[stored.name].append((stored, scope))
        for found in module.classes.values():
            for name in found.methods:
                self.methods[name].append((module.path, found.qualname))
            for base in found.bases:
                self.subclasses[last_name(base)].append((module.path, found.qualname))

    def calls_of(self, name: str) -> list[CallSite]:
        """The calls of what has this name where it is defined."""
        aliases = self.aliases.get(name)
        if not aliases:
            return self.calls.get(name, [])
        return [site for one in (name, *sorted(aliases)) for site in self.calls.get(one, ())]

    def module(self, path: str) -> Module | None:
        """The parsed file at a path that `find` gave."""
        if path not in self.modules:
            module = self._load(path)
            self.modules[path] = module
            if module is not None:
                self._index(module)
        return self.modules[path]

    def leads_to(self, path: str, other: str) -> bool:
        """Whether a file imports another one, itself or through those that it imports."""
        if path not in self._closures:
            found = {path}
            waiting = [path]
            while waiting:
                for one in self._imports.imported(waiting.pop()):
                    if one in self.asked and one not in found:
                        found.add(one)
                        waiting.append(one)
            self._closures[path] = found
        return other in self._closures[path] or self._may_import(path, other)

    def _may_import(self, path: str, other: str) -> bool:
        """Whether a file imports a package without `__init__.py` in which the other one lies."""
        module = self.modules[path]
        return module is not None and any(
            one.level == 0
            and f"/{one.module.replace('.', '/')}/" in other
            and self.find(path, Import(one.module, None, 0)) is None
            for one in module.imports
        )

    def function(self, key: FunctionKey) -> Function:
        """The function of a key."""
        module = self.modules[key[0]]
        assert module is not None
        return module.functions[key[1]]

    def class_(self, key: ClassKey) -> Class:
        """The class of a key."""
        module = self.modules[key[0]]
        assert module is not None
        return module.classes[key[1]]

    def functions(self) -> Iterable[tuple[FunctionKey, Function]]:
        """All functions of the files that were asked for."""
        for path in sorted(self.asked):
            module = self.modules[path]
            if module is not None:
                for qualname, function in module.functions.items():
                    yield (path, qualname), function

    def classes(self) -> Iterable[tuple[ClassKey, Class]]:
        """All classes of the files that were asked for."""
        for path in sorted(self.asked):
            module = self.modules[path]
            if module is not None:
                for qualname, found in module.classes.items():
                    yield (path, qualname), found
