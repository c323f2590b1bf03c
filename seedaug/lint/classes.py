"""Which classes belong together: bases, subclasses, and whose methods share one `self`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property

from seedaug.lint.project import ClassKey, FunctionKey, Project
from seedaug.lint.syntax import MODULE, Expression, Function, Name, Stored
from seedaug.lint.values import ClassValue, External, Made, Value

__all__ = ["Classes"]

DEEPEST = 60  # bases of bases
Infer = Callable[[Expression, FunctionKey], tuple[Value, ...]]


class Classes:
    """The class hierarchy of a project, found when asked for.

    Args:
        project: the files.
        infer: what a base's expression stands for.
    """

    def __init__(self, project: Project, infer: Infer) -> None:
        self._project = project
        self._infer = infer
        self._depth = 0
        self._lines: dict[ClassKey, list[ClassKey]] = {}
        self._foreign: dict[ClassKey, tuple[str, ...]] = {}
        self._below: dict[ClassKey, list[ClassKey]] = {}
        self._methods: dict[tuple[ClassKey, str], list[FunctionKey]] = {}
        self._families: dict[ClassKey, list[ClassKey]] = {}

    def line(self, key: ClassKey) -> list[ClassKey]:
        """The class and its bases in the project, nearest first."""
        if key not in self._lines:
            self._lines[key] = [key]  # for a class that is its own base
            if self._depth < DEEPEST:
                self._depth += 1
                self._lines[key] = self._resolve(key)
                self._depth -= 1
        return self._lines[key]

    def _resolve(self, key: ClassKey) -> list[ClassKey]:
        found = [key]
        foreign: list[str] = []
        one = self._project.class_(key)
        for base in one.bases:
            for value in self._infer(base, (key[0], one.outer)):
                if isinstance(value, ClassValue):
                    above = self.line(value.key)
                    found += [other for other in above if other not in found]
                    foreign += self._foreign.get(value.key, ())
                elif isinstance(value, External | Made):
                    foreign.append(value.path)
        self._foreign[key] = tuple(dict.fromkeys(foreign))
        return found

    def foreign_bases(self, key: ClassKey) -> tuple[str, ...]:
        """The bases, direct or not, that are a library's: dotted paths."""
        self.line(key)
        return self._foreign.get(key, ())

    def below(self, key: ClassKey) -> list[ClassKey]:
        """All subclasses in the project."""
        if key not in self._below:
            found: dict[ClassKey, None] = {}
            waiting = [key]
            subclasses = self._project.subclasses
            while waiting:
                one = waiting.pop()
                name = self._project.class_(one).name
                for candidate in (*subclasses.get(name, ()), *subclasses.get("", ())):
                    if candidate != key and candidate not in found and one in self.line(candidate):
                        found[candidate] = None
                        waiting.append(candidate)
            self._below[key] = list(found)
        return self._below[key]

    def family(self, key: ClassKey) -> list[ClassKey]:
        """The classes whose methods may share one `self` with this one's.

        Its bases, its subclasses, and what these inherit from beside it.
        """
        if key not in self._families:
            found = list(self.line(key))
            for one in self.below(key):
                found += self.line(one)
            self._families[key] = list(dict.fromkeys(found))
        return self._families[key]

    def methods(self, key: ClassKey, name: str) -> list[FunctionKey]:
        """What `self.name` may call for an object of the class or of a subclass."""
        known = self._methods.get((key, name))
        if known is not None:
            return known
        found: list[FunctionKey] = []
        for one in (key, *self.below(key)):
            method = self.method(one, name)
            if method is not None and method not in found:
                found.append(method)
        self._methods[key, name] = found
        return found

    def method(self, key: ClassKey, name: str) -> FunctionKey | None:
        """The method that an object of just this class has by this name."""
        for one in self.line(key):
            qualname = self._project.class_(one).methods.get(name)
            if qualname is not None:
                return (one[0], qualname)
        return None

    def inherited(self, key: ClassKey, name: str) -> FunctionKey | None:
        """What `super().name` means in a method of the class."""
        for one in self.line(key)[1:]:
            qualname = self._project.class_(one).methods.get(name)
            if qualname is not None:
                return (one[0], qualname)
        for other in self.below(key):  # a mixin's super() is the class beside it
            after = self.line(other)
            for one in after[after.index(key) + 1 :] if key in after else ():
                qualname = self._project.class_(one).methods.get(name)
                if qualname is not None:
                    return (one[0], qualname)
        return None

    @cached_property
    def attributes(self) -> dict[ClassKey, dict[str, list[tuple[Stored, FunctionKey]]]]:
        """What methods store in attributes of their `self`, by class and name."""
        found: dict[ClassKey, dict[str, list[tuple[Stored, FunctionKey]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for module in list(self._project.modules.values()):
            for function in module.functions.values() if module else ():
                for stored in function.stored:
                    owner = self.owner_of_self(module.functions, function, stored.owner)  # type: ignore[union-attr]
                    if owner is not None:
                        key = (module.path, owner)  # type: ignore[union-attr]
                        found[key][stored.name].append((stored, (key[0], function.qualname)))
        return found

    @staticmethod
    def owner_of_self(
        functions: dict[str, Function], function: Function, expression: Expression
    ) -> str | None:
        """The class whose `self` (or `cls`) a name in a method is; seen from closures too."""
        while isinstance(expression, Name):
            if function.owner is not None:
                first = function.parameters[0].name if function.parameters else None
                return function.owner if expression.id == first else None
            if function.qualname == MODULE or function.outer == function.qualname:
                return None
            function = functions[function.outer]
        return None

    def stored(self, key: ClassKey, name: str) -> Iterable[tuple[Stored, FunctionKey]]:
        """What methods of the class and its family store in an attribute."""
        for one in self.family(key):
            yield from self.attributes.get(one, {}).get(name, ())
