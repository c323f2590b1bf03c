"""Where functions and classes are called, and what they are given there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from seedaug.lint.project import CallSite, ClassKey, FunctionKey
from seedaug.lint.syntax import Expression, Parameter
from seedaug.lint.values import ClassValue, FunctionValue

if TYPE_CHECKING:
    from seedaug.lint.infer import Inference

__all__ = ["CallSites"]

SITES = 60  # calls of one function that are looked at


class CallSites:
    """The calls of functions and classes.

    Args:
        inference: says what is called.
        counts: whether calls from this function count; default, all do. What constructors are
            given counts wherever they are called.
        indirect: calls by another name than the function's, as they were come across:
            `for f in functions: f(x)`, and of methods of one knows not what; and whether the first
            parameter is left out.
    """

    def __init__(
        self,
        inference: Inference,
        counts: Callable[[FunctionKey], bool] | None,
        indirect: dict[FunctionKey, list[tuple[CallSite, bool]]],
    ) -> None:
        self._inference = inference
        self._project = inference.project
        self._counts = counts
        self.indirect = indirect
        self._known: dict[FunctionKey, list[tuple[CallSite, bool]]] = {}
        self._known_of_class: dict[tuple[ClassKey, FunctionKey | None], list[CallSite]] = {}

    def given(self, key: FunctionKey, parameter: Parameter) -> list[tuple[Expression, FunctionKey]]:
        """The expressions that calls in the project give for a parameter."""
        function = self._project.function(key)
        position = function.parameters.index(parameter)
        found: list[tuple[Expression, FunctionKey]] = []
        for site, bound in self.of(key):
            at = position - bound
            if parameter.kind == "*":
                found += [(one, site.scope) for one in site.call.arguments[max(at, 0) :]]
                continue
            expression = site.call.keyword(parameter.name)
            if expression is None and parameter.kind == "positional":
                expression = site.call.arguments[at] if 0 <= at < len(site.call.arguments) else None
            if expression is not None:
                found.append((expression, site.scope))
        return found

    def of(self, key: FunctionKey) -> list[tuple[CallSite, bool]]:
        """The calls of a function, and whether they leave its first parameter out."""
        if key not in self._known:
            self._known[key] = []
            self._known[key] = self._sites(key)
        return self._known[key]

    def _sites(self, key: FunctionKey) -> list[tuple[CallSite, bool]]:
        function = self._project.function(key)
        if function.owner and function.name in ("__init__", "__new__"):
            owner = (key[0], function.owner)
            found = [(site, True) for site in self.of_class(owner, key)]
            return found + self._direct_sites(key, function.name, everywhere=True)
        return self._direct_sites(key, function.name)

    def _direct_sites(
        self, key: FunctionKey, name: str, everywhere: bool = False
    ) -> list[tuple[CallSite, bool]]:
        found = [
            site
            for site in self.indirect.get(key, ())
            if self._counts is None or self._counts(site[0].scope)
        ]
        counts = self._counts or (lambda _: True)
        # What the main process calls, it may as well have called before the workers were.
        filtered = not everywhere and counts(key)
        candidates: Sequence[CallSite] = self._project.calls_of(name)
        if name == "__init__":
            candidates = self._super_sites(key)
        for site in candidates[: 4 * SITES]:
            if filtered and not site.partial and not counts(site.scope):
                continue
            for value in self._inference.values(site.call.function, site.scope):
                if isinstance(value, FunctionValue) and value.key == key:
                    found.append((site, value.bound))
                    break
            if len(found) >= SITES:
                break
        return found

    def _super_sites(self, key: FunctionKey) -> list[CallSite]:
        """The calls of `__init__` in classes of the same family."""
        owner = self._project.function(key).owner
        if owner is None:
            return []
        return [
            site
            for one in self._inference.classes.family((key[0], owner))
            for site in self._inits_called.get(one, ())
        ]

    @cached_property
    def _inits_called(self) -> dict[ClassKey, list[CallSite]]:
        """The calls of `__init__`, by the class in whose methods they stand."""
        found: dict[ClassKey, list[CallSite]] = {}
        for site in self._project.calls.get("__init__", ()):
            owner = self._inference.class_around(site.scope)
            if owner is not None:
                found.setdefault(owner, []).append(site)
        return found

    def of_class(self, key: ClassKey, method: FunctionKey | None = None) -> list[CallSite]:
        """The calls that make objects of a class, or of a subclass with the same constructor."""
        known = self._known_of_class.get((key, method))
        if known is not None:
            return known
        found: list[CallSite] = []
        self._known_of_class[key, method] = found
        for one in (key, *self._inference.classes.below(key)):
            if method is not None and one != key:
                name = self._project.function(method).name
                if self._inference.classes.method(one, name) != method:
                    continue
            for site in self._project.calls_of(self._project.class_(one).name)[: 8 * SITES]:
                made = self._inference.values(site.call.function, site.scope)
                if any(isinstance(value, ClassValue) and value.key == one for value in made):
                    found.append(site)
        return found
