"""Which functions workers begin with: samples, transforms, collate functions, and what is handed to loaders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from seedaug.lint.draws import dotted
from seedaug.lint.infer import Inference
from seedaug.lint.known import (
    AUGMENT_PATH,
    COLLATE,
    DATASET_BASE,
    MAIN_METHOD,
    MODULE_BASE,
    NOT_A_DATASET,
    NOT_A_TRANSFORM,
    OTHER_FRAMEWORK,
    SAMPLE_PARAMETER,
    TRANSFORM_ARGUMENT,
    TRANSFORM_BASE,
    TRANSFORM_METHODS,
    TRANSFORM_NAME,
)
from seedaug.lint.project import ClassKey, FunctionKey, Project, last_name
from seedaug.lint.reach import callables
from seedaug.lint.syntax import MODULE, Attribute, Call, Class, Function, Import, Module, Name
from seedaug.lint.values import External, Instance, Made, Method

__all__ = ["Roots"]

INDEX_PARAMETER = frozenset("idx index i item ind indices idxs img_id image_id sample_idx".split())
STREAMS = frozenset("datasets webdataset torchdata".split())
NOT_STREAMS = ("pool", "executor", "tf", "jax", "df", "series", "Pool", "Executor", "pd")
REGISTRIES = ("PIPELINES", "TRANSFORMS", "AUGMENT", "PREPROCESS", "Pipelines")


class Roots:
    """The functions of a project with which workers begin.

    Args:
        inference: over the project.
    """

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project: Project = inference.project
        self._imports: dict[str, frozenset[str]] = {}
        self._kinds: dict[ClassKey, str] = {}

    def all(self) -> Iterator[FunctionKey]:
        """Every root, perhaps more than once."""
        for key, found in self.project.classes():
            yield from self._of_class(key, found)
        for scope, function in self.project.functions():
            if COLLATE.search(function.name) and function.parameters and self._counts(scope[0]):
                yield scope
            for call in function.calls:
                yield from self._given(call, scope)

    # Classes

    def kind(self, key: ClassKey) -> str:
        """What a class is: "dataset", "transform", "collate" or ""."""
        if key not in self._kinds:
            self._kinds[key] = ""  # for a class that leads back to itself
            self._kinds[key] = self._kind(key)
        return self._kinds[key]

    def _kind(self, key: ClassKey) -> str:
        found = self.project.class_(key)
        bases = self.inference.classes.foreign_bases(key)
        if any(NOT_A_DATASET.search(base) for base in bases) or not self._counts(key[0]):
            return ""
        line = self.inference.classes.line(key)
        named = [*bases, *(self.project.class_(one).name for one in line[1:])]
        if self._is_dataset(key, found, named):
            return "dataset"
        if COLLATE.search(found.name) and self._method(key, "__call__"):
            return "collate"
        return "transform" if self._is_transform(key, found, named) else ""

    def _is_dataset(self, key: ClassKey, found: Class, bases: list[str]) -> bool:
        if any(DATASET_BASE.match(base) for base in bases):
            return True
        if not self._method(key, "__getitem__"):
            return False
        return "dataset" in found.name.lower() or key in self._given_to_loaders

    def _is_transform(self, key: ClassKey, found: Class, bases: list[str]) -> bool:
        if NOT_A_TRANSFORM.search(found.name):
            return False
        if any(TRANSFORM_BASE.match(base) for base in bases):
            return True
        if any(word in dotted(one) for one in found.decorators for word in REGISTRIES):
            return True
        if any(MODULE_BASE.search(base) for base in bases):
            return found.name.startswith(("Random", "Rand")) or bool(
                AUGMENT_PATH.search(key[0]) and TRANSFORM_NAME.search(found.name)
            )
        method = self._method(key, "__call__")
        if method is None or not _takes_sample(self.project.function(method)):
            return False
        return bool(TRANSFORM_NAME.search(found.name) or AUGMENT_PATH.search(_tail(key[0])))

    def _method(self, key: ClassKey, name: str) -> FunctionKey | None:
        return self.inference.classes.method(key, name)

    def _of_class(self, key: ClassKey, found: Class) -> Iterator[FunctionKey]:
        kind = self.kind(key)
        if kind == "dataset":
            yield from self._of_dataset(key, found)
        elif kind == "collate":
            yield from self._named(key, ("__call__",))
        elif kind == "transform":
            yield from self._named(key, TRANSFORM_METHODS)

    def _named(self, key: ClassKey, names: tuple[str, ...]) -> Iterator[FunctionKey]:
        for name in names:
            method = self._method(key, name)
            if method is not None:
                yield method

    def _of_dataset(self, key: ClassKey, found: Class) -> Iterator[FunctionKey]:
        bases = self.inference.classes.foreign_bases(key)
        yield from self._named(key, ("__getitem__", "__getitems__", "collater"))
        iterable = any("Iter" in base or "Pipe" in base or "web" in base for base in bases)
        if iterable or not self._method(key, "__getitem__"):
            yield from self._named(key, ("__iter__", "__next__"))
        if any("geometric" in base for base in bases) or "len" in found.methods:
            yield from self._named(key, ("get",))
        for name, qualname in found.methods.items():
            if COLLATE.search(name):
                yield (key[0], qualname)
            elif self._takes_index(key, qualname) and not MAIN_METHOD.match(name):
                yield (key[0], qualname)

    def _takes_index(self, key: ClassKey, qualname: str) -> bool:
        """A method that a base class elsewhere calls with an index, for all that one sees."""
        function = self.project.function((key[0], qualname))
        if len(function.parameters) < 2 or function.parameters[1].name not in INDEX_PARAMETER:
            return False
        return not self.project.calls.get(function.name) and function.name != "__setitem__"

    @cached_property
    def _given_to_loaders(self) -> frozenset[ClassKey]:
        found: set[ClassKey] = set()
        for name in ("DataLoader", "DataLoaderX", "MultiEpochsDataLoader"):
            for site in self.project.calls.get(name, ()):
                given = site.call.argument(0, "dataset")
                for value in self.inference.values(given, site.scope) if given else ():
                    if isinstance(value, Instance):
                        found.add(value.key)
        return frozenset(found)

    # Calls

    def _given(self, call: Call, scope: FunctionKey) -> Iterator[FunctionKey]:
        """What a call hands to where workers run it."""
        name = last_name(call.function)
        for word, value in call.keywords:
            if word is not None and TRANSFORM_ARGUMENT.search(word) and self._counts(scope[0]):
                yield from callables(self.inference, value, scope)
        if name in ("set_transform", "with_transform"):
            given = call.argument(0, "transform")
            if given is not None:
                yield from callables(self.inference, given, scope)
        elif name in ("map", "map_dict", "then", "compose") and self._is_stream(call, scope):
            for one in (*call.arguments[:1], *(value for _, value in call.keywords)):
                yield from callables(self.inference, one, scope)
        elif name in ("Lambda", "Compose", "RandomApply", "RandomOrder", "RandomChoice", "OneOf"):
            values = self.inference.values(call.function, scope)
            if any(isinstance(one, External) and "transforms" in one.path for one in values):
                for one in call.arguments[:1]:
                    yield from callables(self.inference, one, scope)

    def _is_stream(self, call: Call, scope: FunctionKey) -> bool:
        if not isinstance(call.function, Attribute):
            return False
        if not STREAMS & self.imports(scope[0]):
            return False
        owner = call.function.value
        text = dotted(owner)
        if any(word in text.split(".")[0] for word in NOT_STREAMS):
            return False
        for value in self.inference.values(owner, scope):
            if isinstance(value, Made | Method):
                path = value.path if isinstance(value, Made) else value.owner.path
                if path.split(".")[0] in ("multiprocessing", "concurrent", "pandas", "tensorflow"):
                    return False
        return True

    # Files

    def imports(self, path: str) -> frozenset[str]:
        """The packages that a file imports."""
        if path not in self._imports:
            module = self.project.module(path)
            self._imports[path] = frozenset(_imported(module)) if module else frozenset()
        return self._imports[path]

    def _counts(self, path: str) -> bool:
        """Whether a file may be about PyTorch: not where it is about another framework only."""
        imports = self.imports(path)
        if {"torch", "torchvision", "pytorch_lightning", "lightning", "torchaudio"} & imports:
            return True
        return not any(OTHER_FRAMEWORK.match(name) for name in imports)

    def counts(self, path: str) -> bool:
        """Whether guesses by name are allowed in a file."""
        return self._counts(path)


def _imported(module: Module) -> Iterator[str]:
    for function in module.functions.values():
        for assigned in function.names.values():
            for one in assigned:
                if isinstance(one.value, Import) and one.value.level == 0:
                    yield one.value.module.split(".")[0]
        for star in function.star_imports:
            yield star.module.split(".")[0]


def _takes_sample(function: Function) -> bool:
    """Whether the first thing that a method is given looks like a sample."""
    parameters = function.parameters[1:] if function.owner else function.parameters
    if not parameters:
        return False
    return bool(SAMPLE_PARAMETER.match(parameters[0].name)) or parameters[0].kind == "*"


def takes_sample(function: Function) -> bool:
    """Whether a function's first argument looks like a sample, by its name."""
    return _takes_sample(function)


def _tail(path: str) -> str:
    """The end of a path: the file and the two folders around it."""
    return "/".join(path.split("/")[-3:])


def is_main_body(function: Function) -> bool:
    """A module's own statements."""
    return function.qualname == MODULE or isinstance(function, Name)
