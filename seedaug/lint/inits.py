"""The functions that workers start with: given as `worker_init_fn`, or named like it."""

from __future__ import annotations

from dataclasses import dataclass, field

from seedaug.lint.infer import Inference
from seedaug.lint.known import INIT_FUNCTION
from seedaug.lint.project import FunctionKey
from seedaug.lint.reach import callables, reach
from seedaug.lint.syntax import (
    Attribute,
    Call,
    Constant,
    Expression,
    Function,
    Module,
    Name,
    walk,
)
from seedaug.lint.values import FunctionValue, Instance

__all__ = ["InitFunctions", "Passed"]


@dataclass(slots=True)
class Passed:
    """How an init function is passed on.

    Args:
        loaders: the calls that get it.
        partial_keywords: arguments that partials give it.
    """

    loaders: list[Call] = field(default_factory=list)
    partial_keywords: set[str] = field(default_factory=set)

    @property
    def persistent(self) -> bool:
        """Whether every loader keeps its workers, so that they start once."""
        flags = [loader.keyword("persistent_workers") for loader in self.loaders]
        return bool(flags) and all(isinstance(one, Constant) and one.value is True for one in flags)


class InitFunctions:
    """The init functions of a project.

    Args:
        inference: over the project.
    """

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self.passed: dict[FunctionKey, Passed] = {}
        self._find_passed()
        self.unused = [key for key in self._by_name() if not self._is_mentioned(key)]
        for key in self._by_name():
            if key not in self.unused:
                self.passed.setdefault(key, Passed())
        self.reached = reach(inference, [*self.passed, *self.unused])

    def __contains__(self, key: FunctionKey) -> bool:
        return key in self.reached

    def _find_passed(self) -> None:
        inference = self._inference
        for scope, function in inference.project.functions():
            for call in function.calls:
                given = call.keyword("worker_init_fn", "worker_init_func", "init_fn")
                if given is None:
                    continue
                for key in self._functions(given, scope):
                    passed = self.passed.setdefault(key, Passed())
                    passed.loaders.append(call)
                    for inner in walk(given):
                        if isinstance(inner, Call):
                            passed.partial_keywords.update(
                                word for word, _ in inner.keywords if word is not None
                            )

    def _functions(self, given: object, scope: FunctionKey) -> list[FunctionKey]:
        found: list[FunctionKey] = []
        for value in self._inference.values(given, scope):  # type: ignore[arg-type]
            if isinstance(value, FunctionValue):
                found.append(value.key)
            elif isinstance(value, Instance):
                found += callables(self._inference, given, scope)  # type: ignore[arg-type]
        return found

    def _by_name(self) -> list[FunctionKey]:
        return [
            key
            for key, function in self._inference.project.functions()
            if key not in self.passed and self._looks_like_one(function)
        ]

    @staticmethod
    def _looks_like_one(function: Function) -> bool:
        own = function.parameters[1:] if function.owner else function.parameters
        if not own:
            return False
        named = INIT_FUNCTION.search(function.name)
        return bool(named) or (len(own) == 1 and own[0].name in ("worker_id", "worker_idx"))

    def _is_mentioned(self, key: FunctionKey) -> bool:
        """Whether any file speaks of the function, other than where it is defined."""
        name = self._inference.project.function(key).name
        return any(
            _mentions(module, name)
            for module in self._inference.project.modules.values()
            if module is not None and (module.path == key[0] or _imports(module, key[0], name))
        )


def _imports(module: Module, path: str, name: str) -> bool:
    """Whether a file imports a name, or perhaps the whole file that defines it."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return any(
        one.name in (name, "*", stem) or one.module.rpartition(".")[2] == stem
        for one in module.imports
    )


def _mentions(module: Module, name: str) -> bool:
    for function in module.functions.values():
        said: list[Expression] = [*function.calls, *function.returns]
        said += [one.value for names in function.names.values() for one in names]
        said += [one.value for one in function.stored]
        for expression in said:
            if any(
                (isinstance(part, Name) and part.id == name)
                or (isinstance(part, Attribute) and part.name == name)
                for part in walk(expression)
            ):
                return True
    return False
