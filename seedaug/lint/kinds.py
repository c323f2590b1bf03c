"""What a class is, by its bases, methods and name: a dataset, a transform, or for collating."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from seedaug.lint.draws import dotted
from seedaug.lint.infer import Inference
from seedaug.lint.known import (
    AUGMENT_PATH,
    COLLATE,
    DATASET_BASE,
    IMAGE_PARAMETER,
    MODULE_BASE,
    NOT_A_DATASET,
    NOT_A_TRANSFORM,
    OF_BATCHES,
    OTHER_FRAMEWORK,
    SAMPLE_PARAMETER,
    TELLING_NAME,
    TRANSFORM_BASE,
    TRANSFORM_NAME,
)
from seedaug.lint.project import ClassKey, FunctionKey, last_name
from seedaug.lint.syntax import MODULE, Call, Class, Function, Import, Module, Name, walk
from seedaug.lint.values import FunctionValue, Instance

__all__ = ["Kinds", "takes_sample"]

REGISTRIES = ("PIPELINES", "TRANSFORMS", "AUGMENT", "PREPROCESS", "Pipelines")


class Kinds:
    """The kinds of a project's classes, and which files are about PyTorch.

    Args:
        inference: over the project.
    """

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project = inference.project
        self._imports: dict[str, frozenset[str]] = {}
        self._kinds: dict[ClassKey, str] = {}

    def kind(self, key: ClassKey) -> str:
        """What a class is: "dataset", "transform", "collate" or ""."""
        if key not in self._kinds:
            self._kinds[key] = ""  # for a class that leads back to itself
            self._kinds[key] = self._kind(key)
        return self._kinds[key]

    def _kind(self, key: ClassKey) -> str:
        found = self.project.class_(key)
        bases = self.inference.classes.foreign_bases(key)
        if any(NOT_A_DATASET.search(base) for base in bases) or not self.counts(key[0]):
            return ""
        line = self.inference.classes.line(key)
        named = [*bases, *(self.project.class_(one).name for one in line[1:])]
        if self._is_dataset(key, found, named):
            return "dataset"
        if COLLATE.search(found.name) and (self.method(key, "__call__") or bases):
            return "collate"
        return "transform" if self._is_transform(key, found, named) else ""

    def _is_dataset(self, key: ClassKey, found: Class, bases: list[str]) -> bool:
        if any(DATASET_BASE.match(base) for base in bases):
            return True
        if not self.method(key, "__getitem__"):
            return False
        if key in self._given_to_loaders:
            return True
        # Who knows torch's Dataset and does not inherit from it has a reason.
        named = "dataset" in found.name.lower()
        return named and not self._knows_dataset(key[0]) and not self._is_of_others

    @cached_property
    def _is_of_others(self) -> bool:
        """Whether the project is about another framework, and PyTorch is nowhere in it."""
        imported = {name for path in self.project.asked for name in self.imports(path)}
        return "torch" not in imported and any(OTHER_FRAMEWORK.match(name) for name in imported)

    def _knows_dataset(self, path: str) -> bool:
        module = self.project.module(path)
        return module is not None and any(
            isinstance(one.value, Import) and one.value.module.startswith("torch.utils.data")
            for name in ("Dataset", "IterableDataset", "data", "Data", "torchdata")
            for one in module.body.names.get(name, ())
        )

    def _is_transform(self, key: ClassKey, found: Class, bases: list[str]) -> bool:
        method = self.method(key, "__call__") or self.method(key, "forward")
        function = self.project.function(method) if method else None
        samples = function is not None and takes_sample(function)
        if NOT_A_TRANSFORM.search(found.name) and not (samples and found.name.startswith("Random")):
            return False
        if any(base.endswith("Sampler") for base in bases) or self.method(key, "__iter__"):
            return False
        if any(TRANSFORM_BASE.match(base) for base in bases):
            return True
        if any(word in dotted(one) for one in found.decorators for word in REGISTRIES):
            return True
        if any(MODULE_BASE.search(base) for base in bases):
            return found.name.startswith(("Random", "Rand")) or bool(
                AUGMENT_PATH.search(_tail(key[0])) and TRANSFORM_NAME.search(found.name)
            )
        if function is None or len(function.parameters) < 2:
            return False
        if OF_BATCHES.search(found.name):
            return False
        first = function.parameters[1].name
        named = TRANSFORM_NAME.search(found.name) or AUGMENT_PATH.search(_tail(key[0]))
        if not (samples and (named or IMAGE_PARAMETER.match(first))) and not TELLING_NAME.search(
            found.name
        ):
            return False
        return not self._only_in_main(key, found)

    def _only_in_main(self, key: ClassKey, found: Class) -> bool:
        """Whether objects of a class are seen to be called, and only by a training loop's code."""
        called = False
        for site in self.project.calls.get(found.name, ()):
            if site.scope == (key[0], MODULE):
                continue  # a try-out below the class
            used = list(self._calls_of_made(site.call, site.scope))
            if not used:
                return False
            for scope in used:
                called = True
                function = self.project.function(scope)
                if function.owner and self.kind((scope[0], function.owner)):
                    return False
                if COLLATE.search(function.name) or AUGMENT_PATH.search(function.name):
                    return False
        return called

    def _calls_of_made(self, made: Call, scope: FunctionKey) -> Iterator[FunctionKey]:
        """The functions that call, by its name, what a call made."""
        function = self.project.function(scope)
        names = [
            name
            for name, assigned in function.names.items()
            if any(made is part for one in assigned for part in walk(one.value))
        ]
        names += [
            one.name for one in function.stored if any(made is part for part in walk(one.value))
        ]
        for name in names:
            for site in self.project.calls.get(name, ()):
                if site.scope[0] == scope[0]:
                    yield site.scope
            # Handed on as an argument of its name: train(loader, mixup_fn=mixup_fn)
            for call in function.calls:
                for given in (*call.arguments, *(value for _, value in call.keywords)):
                    if isinstance(given, Name) and given.id == name:
                        yield from self._calls_of_parameter(call, given, scope)

    def _calls_of_parameter(
        self, call: Call, given: Name, scope: FunctionKey
    ) -> Iterator[FunctionKey]:
        for value in self.inference.values(call.function, scope):
            if isinstance(value, FunctionValue):
                for site in self.project.function(value.key).calls:
                    if last_name(site.function) == given.id:
                        yield value.key
            else:
                return

    def method(self, key: ClassKey, name: str) -> FunctionKey | None:
        """The method that an object of the class has by this name."""
        return self.inference.classes.method(key, name)

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

    # Files

    def imports(self, path: str) -> frozenset[str]:
        """The packages that a file imports."""
        if path not in self._imports:
            module = self.project.module(path)
            self._imports[path] = frozenset(_imported(module)) if module else frozenset()
        return self._imports[path]

    def counts(self, path: str) -> bool:
        """Whether a file may be about PyTorch: not where it is about another framework only."""
        imports = self.imports(path)
        if {"torch", "torchvision", "pytorch_lightning", "lightning", "torchaudio"} & imports:
            return True
        return not any(OTHER_FRAMEWORK.match(name) for name in imports)


def _imported(module: Module) -> Iterator[str]:
    for function in module.functions.values():
        for assigned in function.names.values():
            for one in assigned:
                if isinstance(one.value, Import) and one.value.level == 0:
                    yield one.value.module.split(".")[0]
        for star in function.star_imports:
            yield star.module.split(".")[0]


def takes_sample(function: Function) -> bool:
    """Whether the first thing that a method is given looks like a sample."""
    parameters = function.parameters[1:] if function.owner else function.parameters
    if not parameters:
        return False
    return bool(SAMPLE_PARAMETER.match(parameters[0].name)) or parameters[0].kind == "*"


def _tail(path: str) -> str:
    """The end of a path: the file and the two folders around it."""
    return "/".join(path.split("/")[-3:])
