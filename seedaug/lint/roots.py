"""Which functions workers begin with: of samples, transforms, collating, and those handed over."""

from __future__ import annotations

import re
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
    OF_BATCHES,
    OTHER_FRAMEWORK,
    SAMPLE_PARAMETER,
    TELLING_NAME,
    TRANSFORM_ARGUMENT,
    TRANSFORM_BASE,
    TRANSFORM_METHODS,
    TRANSFORM_NAME,
    words,
)
from seedaug.lint.project import ClassKey, FunctionKey, Project, last_name
from seedaug.lint.reach import callables
from seedaug.lint.syntax import (
    MODULE,
    Assigned,
    Attribute,
    Call,
    Class,
    Expression,
    Function,
    FunctionReference,
    Import,
    Module,
    Name,
    walk,
)
from seedaug.lint.values import External, FunctionValue, Instance, Made, Method

__all__ = ["Roots"]

INDEX_PARAMETER = words("idx index i item ind indices idxs img_id image_id sample_idx")
STREAM_METHODS = words("map map_dict map_tuple then compose to")
LIBRARY = re.compile(r"transforms|^(albumentations|torchio|monai|audiomentations|imgaug)\b")
STREAMS_OF_STAGES = words("webdataset torchdata")
STREAMS = words("datasets webdataset torchdata")
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
            if (
                COLLATE.search(function.name)
                and self._collates(function)
                and self._counts(scope[0])
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
        if COLLATE.search(found.name) and (self._method(key, "__call__") or bases):
            return "collate"
        return "transform" if self._is_transform(key, found, named) else ""

    def _is_dataset(self, key: ClassKey, found: Class, bases: list[str]) -> bool:
        if any(DATASET_BASE.match(base) for base in bases):
            return True
        if not self._method(key, "__getitem__"):
            return False
        if key in self._given_to_loaders:
            return True
        # Who knows torch's Dataset and does not inherit from it has a reason.
        return "dataset" in found.name.lower() and not self._knows_dataset(key[0])

    def _knows_dataset(self, path: str) -> bool:
        module = self.project.module(path)
        return module is not None and any(
            isinstance(one.value, Import) and one.value.module.startswith("torch.utils.data")
            for name in ("Dataset", "IterableDataset", "data", "Data", "torchdata")
            for one in module.body.names.get(name, ())
        )

    def _is_transform(self, key: ClassKey, found: Class, bases: list[str]) -> bool:
        method = self._method(key, "__call__") or self._method(key, "forward")
        function = self.project.function(method) if method else None
        samples = function is not None and _takes_sample(function)
        if NOT_A_TRANSFORM.search(found.name) and not (samples and found.name.startswith("Random")):
            return False
        if any(base.endswith("Sampler") for base in bases) or self._method(key, "__iter__"):
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
        named = TRANSFORM_NAME.search(found.name) or AUGMENT_PATH.search(_tail(key[0]))
        if not (samples and named) and not TELLING_NAME.search(found.name):
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

    def _method(self, key: ClassKey, name: str) -> FunctionKey | None:
        return self.inference.classes.method(key, name)

    def _of_class(self, key: ClassKey, found: Class) -> Iterator[FunctionKey]:
        kind = self.kind(key)
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
        if self._has_unseen_base(key) or not self._method(key, "__getitem__"):
            yield from self._hooks(key, found)
        for name, qualname in found.methods.items():
            if COLLATE.search(name) or (
                self._takes_index(key, qualname) and not MAIN_METHOD.match(name)
            ):
                yield (key[0], qualname)

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
        if not libraries & self.imports(scope[0]):
            return False
        values = self.inference.values(call.function, scope)
        return any(
            isinstance(one, External) and one.path.split(".")[0] in libraries for one in values
        )

    def _is_unseen(self, call: Call, scope: FunctionKey) -> bool:
        values = self.inference.values(call.function, scope)
        return self._counts(scope[0]) and all(isinstance(one, External) for one in values)

    def _is_stream(self, call: Call, scope: FunctionKey) -> bool:
        """Whether a call of `map` and the like is one of a stream of samples."""
        streams = bool(STREAMS & self.imports(scope[0]))
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


def _is_definition(assigned: list[Assigned]) -> bool:
    return any(isinstance(one.value, FunctionReference) for one in assigned)


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
