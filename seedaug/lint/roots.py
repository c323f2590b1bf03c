"""Which functions workers begin with: of samples, transforms, collating, and those handed over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seedaug.lint.draws import dotted
from seedaug.lint.infer import Inference
from seedaug.lint.kinds import Kinds
from seedaug.lint.known import (
    COLLATE,
    MAIN_METHOD,
    TRANSFORM_ARGUMENT,
    TRANSFORM_METHODS,
    words,
)
from seedaug.lint.project import ClassKey, FunctionKey, Project, last_name
from seedaug.lint.reach import callables
from seedaug.lint.syntax import (
    Assigned,
    Attribute,
    Call,
    Class,
    Expression,
    Function,
    FunctionReference,
    Name,
)
from seedaug.lint.values import External, Made, Method

__all__ = ["Roots"]

INDEX_PARAMETER = words("idx index i item ind indices idxs img_id image_id sample_idx")
STREAM_METHODS = words("map map_dict map_tuple then compose to")
LIBRARY = re.compile(r"transforms|^(albumentations|torchio|monai|audiomentations|imgaug)\b")
STREAMS_OF_STAGES = words("webdataset torchdata")
STREAMS = words("datasets webdataset torchdata")
NOT_STREAMS = ("pool", "executor", "tf", "jax", "df", "series", "Pool", "Executor", "pd")


class Roots:
    """The functions of a project with which workers begin.

    Args:
        inference: over the project.
        kinds: of its classes.
    """

    def __init__(self, inference: Inference, kinds: Kinds) -> None:
        self.inference = inference
        self.project: Project = inference.project
        self.kinds = kinds

    def all(self) -> Iterator[FunctionKey]:
        """Every root, perhaps more than once."""
        for key, found in self.project.classes():
            yield from self._of_class(key, found)
        for scope, function in self.project.functions():
            if (
                COLLATE.search(function.name)
                and self._collates(function)
                and self.kinds.counts(scope[0])
            ):
                yield scope
            for call in function.calls:
                yield from self._given(call, scope)

    @staticmethod
    def _collates(function: Function) -> bool:
        """Whether a function so named takes samples, rather than making one that does."""
        made = (FunctionReference, Call) if "make" in function.name else FunctionReference
        inner = {name for name, one in function.names.items() if _is_definition(one)}
        return bool(function.parameters) and not any(
            isinstance(one, made) or (isinstance(one, Name) and one.id in inner)
            for one in function.returns
        )

    # Classes

    def _of_class(self, key: ClassKey, found: Class) -> Iterator[FunctionKey]:
        kind = self.kinds.kind(key)
        if kind == "dataset":
            yield from self._of_dataset(key, found)
        elif kind == "collate":
            yield from self._named(key, ("__call__", "torch_call", "numpy_call"))
        elif kind == "transform":
            yield from self._named(key, TRANSFORM_METHODS)
            if self._has_unseen_base(key):
                yield from self._hooks(key, found)

    def _has_unseen_base(self, key: ClassKey) -> bool:
        """Whether a base class out of sight may call methods of this one."""
        return any(
            not base.startswith(("builtins.", "abc.", "torch.", "typing.", "collections."))
            for base in self.inference.classes.foreign_bases(key)
        )

    def _hooks(self, key: ClassKey, found: Class) -> Iterator[FunctionKey]:
        """The methods that nothing in sight calls, and that are not for the main process."""
        for name, qualname in found.methods.items():
            if not MAIN_METHOD.match(name) and not self._is_used(key, name):
                function = self.project.function((key[0], qualname))
                if len(function.parameters) > 1 and not name.startswith("__"):
                    yield (key[0], qualname)

    def _named(self, key: ClassKey, names: tuple[str, ...]) -> Iterator[FunctionKey]:
        for name in names:
            method = self.kinds.method(key, name)
            if method is not None:
                yield method

    def _of_dataset(self, key: ClassKey, found: Class) -> Iterator[FunctionKey]:
        bases = self.inference.classes.foreign_bases(key)
        yield from self._named(key, ("__getitem__", "__getitems__", "collater"))
        iterable = any("Iter" in base or "Pipe" in base or "web" in base for base in bases)
        if iterable or not self.kinds.method(key, "__getitem__"):
            yield from self._named(key, ("__iter__", "__next__"))
        if any("geometric" in base for base in bases) or "len" in found.methods:
            yield from self._named(key, ("get",))
        if self._has_unseen_base(key) or not self._reads_samples(key):
            yield from self._hooks(key, found)
        for name, qualname in found.methods.items():
            if COLLATE.search(name) or (
                self._takes_index(key, qualname) and not MAIN_METHOD.match(name)
            ):
                yield (key[0], qualname)

    def _reads_samples(self, key: ClassKey) -> bool:
        """Whether a dataset's class reads samples itself, as a mere base does not."""
        method = self.kinds.method(key, "__getitem__")
        if method is None:
            return False
        function = self.project.function(method)
        return bool(function.calls or function.items or function.names)

    def _takes_index(self, key: ClassKey, qualname: str) -> bool:
        """A method that a base class elsewhere calls with an index, for all that one sees."""
        function = self.project.function((key[0], qualname))
        if len(function.parameters) < 2 or function.parameters[1].name not in INDEX_PARAMETER:
            return False
        return function.name != "__setitem__" and not self._is_called(function.name)

    def _is_used(self, key: ClassKey, name: str) -> bool:
        """Whether a method is called in sight, or read from `self` to be called by another."""
        methods = self.project.class_(key).methods.values()
        return self._is_called(name) or any(
            name in self.project.function((key[0], method)).reads for method in methods
        )

    def _is_called(self, name: str) -> bool:
        """Whether any file calls a method of this name, other than as `super().name()`."""
        return any(
            not (
                isinstance(site.call.function, Attribute)
                and isinstance(site.call.function.value, Call)
                and last_name(site.call.function.value.function) == "super"
            )
            for site in self.project.calls.get(name, ())
        )

    # Calls

    def _given(self, call: Call, scope: FunctionKey) -> Iterator[FunctionKey]:
        """What a call hands to where workers run it."""
        name = last_name(call.function)
        for word, value in call.keywords:
            if word is not None and TRANSFORM_ARGUMENT.search(word) and self.kinds.counts(scope[0]):
                yield from callables(self.inference, value, scope)
        if name in ("set_transform", "with_transform"):
            given = call.argument(0, "transform")
            if given is not None:
                yield from callables(self.inference, given, scope)
        elif name in STREAM_METHODS and self._is_stream(call, scope):
            for one in (*call.arguments, *(value for _, value in call.keywords)):
                yield from callables(self.inference, one, scope)
        elif name == "partial" and call.arguments and last_name(call.arguments[0]) == "map":
            if self._is_stream(call, scope):
                for _, value in call.keywords:
                    yield from callables(self.inference, value, scope)
        elif name.endswith("Dataset") and self._is_unseen(call, scope):
            for one in (*call.arguments, *(value for _, value in call.keywords)):
                yield from callables(self.inference, one, scope)
        elif self._is_of(STREAMS_OF_STAGES, call, scope):
            for one in call.arguments:
                yield from callables(self.inference, one, scope)
        elif name in ("Lambda", "Compose", "RandomApply", "RandomOrder", "RandomChoice", "OneOf"):
            values = self.inference.values(call.function, scope)
            if any(isinstance(one, External) and LIBRARY.search(one.path) for one in values):
                for one in (*call.arguments, *(value for _, value in call.keywords)):
                    yield from callables(self.inference, one, scope)

    def _is_of(self, libraries: frozenset[str], call: Call, scope: FunctionKey) -> bool:
        """Whether a call is one of a library's function or class."""
        if not libraries & self.kinds.imports(scope[0]):
            return False
        values = self.inference.values(call.function, scope)
        return any(
            isinstance(one, External) and one.path.split(".")[0] in libraries for one in values
        )

    def _is_unseen(self, call: Call, scope: FunctionKey) -> bool:
        values = self.inference.values(call.function, scope)
        return self.kinds.counts(scope[0]) and all(isinstance(one, External) for one in values)

    def _is_stream(self, call: Call, scope: FunctionKey) -> bool:
        """Whether a call of `map` and the like is one of a stream of samples."""
        streams = bool(STREAMS & self.kinds.imports(scope[0]))
        if last_name(call.function) == "partial" or not isinstance(call.function, Attribute):
            return streams and last_name(call.function) == "partial"
        owner = call.function.value
        if any(word in dotted(owner).split(".")[0] for word in NOT_STREAMS):
            return False
        made = list(self._made_by(owner, scope))
        if any("datapipe" in path.lower() for path in made):
            return True
        others = ("multiprocessing", "concurrent", "pandas", "tensorflow")
        return streams and not any(path.split(".")[0] in others for path in made)

    def _made_by(self, expression: Expression, scope: FunctionKey) -> Iterator[str]:
        for value in self.inference.values(expression, scope):
            if isinstance(value, Made):
                yield value.path
            elif isinstance(value, Method):
                yield value.owner.path


def _is_definition(assigned: list[Assigned]) -> bool:
    return any(isinstance(one.value, FunctionReference) for one in assigned)
