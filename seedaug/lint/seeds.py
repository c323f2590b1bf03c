"""What a seed follows from: a constant, the sample, the worker, the rank, the epoch, entropy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Flag, auto

from seedaug.lint.draws import dotted
from seedaug.lint.infer import Inference
from seedaug.lint.inits import InitFunctions
from seedaug.lint.known import DRAW_METHODS, INIT_FUNCTION
from seedaug.lint.project import FunctionKey, last_name
from seedaug.lint.roots import INDEX_PARAMETER
from seedaug.lint.syntax import (
    MODULE,
    Attribute,
    Call,
    Constant,
    Each,
    Either,
    Expression,
    Function,
    FunctionReference,
    Import,
    Item,
    Items,
    Name,
    Operation,
)
from seedaug.lint.values import External, FunctionValue, Instance

__all__ = ["Origin", "Seeds"]


class Origin(Flag):
    """What goes into a seed; nothing: constants alone."""

    CONSTANT = 0
    INDEX = auto()  # the sample's index, or its data
    WORKER = auto()  # the worker's number
    RANK = auto()
    EPOCH = auto()  # the epoch or the step
    FRESH = auto()  # the time, entropy, torch's seed of the worker: new each time
    STATE = auto()  # a word of the state of NumPy's global generator
    UNKNOWN = auto()


EPOCH_WORDS = re.compile(r"epoch|step|iter(?!able)|cycle|round|count|visit", re.IGNORECASE)
FRESH_WORDS = re.compile(
    r"time(?!out)|clock|pid|entropy|initial_seed|uuid|urandom|(^|_)now", re.IGNORECASE
)
RANK_WORDS = re.compile(r"(^|_)(rank|replica_id)(_|$)", re.IGNORECASE)
WORKER_WORDS = re.compile(r"^(worker_?(id|idx|index|num(ber)?)|wid|w_?id|w|x|worker)$")
INDEX_WORDS = re.compile(r"^(idx|index|item|indices|sample_id\w*|i|key|img_id|image_id)$")
FRESH_CALLS = re.compile(
    r"^(time\.|datetime\.|os\.(urandom|getpid|times)|secrets\.|uuid\.|threading\.|"
    r"torch\.(initial_seed|seed|random\.initial_seed|rand|randint|randperm|empty|"
    r"LongTensor|cuda\.initial_seed)|"
    r"random\.\w+|numpy\.random\.(rand\w*|integers|choice|bytes|random|uniform|permutation|sample)|"
    r"torch\.(long|int64))"
)
RANK_CALLS = re.compile(r"(get_rank|get_global_rank|get_local_rank|process_index)$")
DEEPEST = 24


class Seeds:
    """Follows seeds back to what they are made of.

    Args:
        inference: over the project.
        sample_roots: the functions where samples begin: what they are given is the index.
        inits: the functions that run when a worker starts.
    """

    def __init__(
        self,
        inference: Inference,
        sample_roots: frozenset[FunctionKey],
        inits: InitFunctions,
    ) -> None:
        self.inference = inference
        self._inits = inits
        self.project = inference.project
        self.sample_roots = sample_roots
        self._seen: dict[tuple[int, FunctionKey], Origin] = {}
        self._depth = 0

    def origin(self, expression: Expression | None, scope: FunctionKey) -> Origin:
        """What a seed's expression in a function follows from; None counts as fresh entropy."""
        if expression is None:
            return Origin.FRESH
        key = (id(expression), scope)
        if key in self._seen:
            return self._seen[key]
        if self._depth > DEEPEST:
            return Origin.UNKNOWN
        self._seen[key] = Origin.CONSTANT
        self._depth += 1
        try:
            found = self._find(expression, scope)
        finally:
            self._depth -= 1
        self._seen[key] = found
        return found

    def _all(self, expressions: Iterable[Expression], scope: FunctionKey) -> Origin:
        found = Origin.CONSTANT
        for one in expressions:
            found |= self.origin(one, scope)
        return found

    def _find(self, expression: Expression, scope: FunctionKey) -> Origin:
        if isinstance(expression, Constant):
            return Origin.FRESH if expression.value is None else Origin.CONSTANT
        if isinstance(expression, Name):
            return self._name(expression.id, scope)
        if isinstance(expression, Attribute):
            return self._attribute(expression, scope)
        if isinstance(expression, Call):
            return self._call(expression, scope)
        if isinstance(expression, Item):
            return self._item(expression, scope)
        if isinstance(expression, Items):
            return self._all(expression.elements, scope)
        if isinstance(expression, Either):
            return self._all(expression.options, scope)
        if isinstance(expression, Operation):
            return self._all(expression.operands, scope)
        if isinstance(expression, Each):
            return self.origin(expression.value, scope)
        return Origin.CONSTANT

    def _name(self, name: str, scope: FunctionKey) -> Origin:
        module = self.project.module(scope[0])
        function = module.functions[scope[1]] if module else None
        while module and function:
            key = (scope[0], function.qualname)
            if any(one.name == name for one in function.parameters):
                found = self._parameter(name, function, key)
                for one in function.names.get(name, ()):
                    found |= self.origin(one.value, key)
                return found
            assigned = function.names.get(name)
            if assigned and name not in function.globals:
                return self._assigned(name, function, key)
            if function.qualname == MODULE:
                break
            function = module.functions[function.outer]
        return _by_word(name) or Origin.CONSTANT

    def _assigned(self, name: str, function: Function, key: FunctionKey) -> Origin:
        found = Origin.CONSTANT
        for one in function.names[name]:
            if isinstance(one.value, Import | FunctionReference):
                return _by_word(name)
            if one.changed and function.qualname == MODULE:
                found |= Origin.EPOCH
            found |= self.origin(one.value, key)
        if isinstance(function.names[name][0].value, Each):
            if "seed" in name:
                return Origin.UNKNOWN  # came with the index, or with the data
            found = found or _by_word(name)
        return found | (_by_word(name) & (Origin.EPOCH | Origin.RANK))

    def _parameter(self, name: str, function: Function, key: FunctionKey) -> Origin:
        position = next(i for i, one in enumerate(function.parameters) if one.name == name)
        static = any(last_name(one) == "staticmethod" for one in function.decorators)
        is_method = function.owner is not None and function.name != "<lambda>" and not static
        if is_method and position == 0:
            return Origin.CONSTANT
        if key in self.sample_roots:
            if "seed" in name:
                return Origin.UNKNOWN
            return Origin.EPOCH if "epoch" in name else Origin.INDEX
        word = _by_word(name)
        if function.parameters[position].kind in ("*", "**"):
            return self._merged(
                self.inference.call_sites.given(key, function.parameters[position])[:8]
            )
        if word & (Origin.FRESH | Origin.EPOCH | Origin.RANK):
            return word
        first = 1 if is_method else 0
        named = key in self._inits.passed or INIT_FUNCTION.search(function.name)
        if named and position == first:
            return Origin.WORKER
        if word:
            return word
        given = self.inference.call_sites.given(key, function.parameters[position])
        if given:
            return self._merged(given[:8])
        constant = "seed" in name or function.parameters[position].default is not None
        return Origin.CONSTANT if constant or key in self._inits else Origin.UNKNOWN

    def _merged(self, given: list[tuple[Expression, FunctionKey]]) -> Origin:
        found = Origin.CONSTANT
        for expression, scope in given:
            found |= self.origin(expression, scope)
        return found

    def _attribute(self, expression: Attribute, scope: FunctionKey) -> Origin:
        text = dotted(expression)
        if expression.name == "id" and "info" in text:
            return Origin.WORKER
        if expression.name == "seed" and "info" in text:
            return Origin.FRESH
        word = _by_word(expression.name)
        if word:
            return word
        owner = self.origin(expression.value, scope) & ~Origin.UNKNOWN
        if owner:
            return owner
        return self._changed_attribute(expression, scope)

    def _changed_attribute(self, expression: Attribute, scope: FunctionKey) -> Origin:
        """FRESH for an attribute that methods other than the constructor change."""
        found = Origin.CONSTANT
        for value in self.inference.values(expression.value, scope):
            if not isinstance(value, Instance):
                continue
            for stored, where in self.inference.classes.stored(value.key, expression.name):
                function = self.project.function(where)
                if stored.changed or "epoch" in function.name:
                    return Origin.EPOCH
                if function.name not in ("__init__", "__post_init__"):
                    found |= self.origin(stored.value, where)
                    continue
                found |= self.origin(stored.value, where) & (Origin.RANK | Origin.FRESH)
        return found & ~Origin.UNKNOWN

    def _item(self, expression: Item, scope: FunctionKey) -> Origin:
        text = dotted(expression.value)
        if "environ" in text:
            index = expression.index.value if isinstance(expression.index, Constant) else ""
            return Origin.RANK if "RANK" in str(index) else Origin.CONSTANT
        found = self.origin(expression.value, scope) | self.origin(expression.index, scope)
        if isinstance(expression.index, Constant) and not found:
            found = _by_word(str(expression.index.value))
        return found & ~Origin.UNKNOWN

    def _call(self, call: Call, scope: FunctionKey) -> Origin:
        text = dotted(call.function)
        given = self._all((*call.arguments, *(value for _, value in call.keywords)), scope)
        values = self.inference.values(call.function, scope)
        paths = [value.path for value in values if isinstance(value, External)]
        for path in [*paths, text]:
            if path.endswith("random.get_state"):
                return Origin.STATE
            if RANK_CALLS.search(path):
                return Origin.RANK
            if FRESH_CALLS.match(path) or path.endswith("initial_seed"):
                return Origin.FRESH
            if path.endswith("SeedSequence") and not call.arguments and not call.keywords:
                return Origin.FRESH
        if call_name(call) in DRAW_METHODS and isinstance(call.function, Attribute):
            return Origin.FRESH
        if ("environ" in text or text.endswith("getenv")) and call.arguments:
            word = call.arguments[0]
            return Origin.RANK if "RANK" in str(getattr(word, "value", "")) else Origin.CONSTANT
        found = given
        for value in values:
            if isinstance(value, FunctionValue):
                for result in self.project.function(value.key).returns:
                    found |= self.origin(result, value.key)
        if isinstance(call.function, Attribute):
            found |= self.origin(call.function.value, scope)
        return found if found else _by_word(call_name(call))


def call_name(call: Call) -> str:
    """The last name of what is called."""
    return dotted(call.function).rpartition(".")[2]


def _by_word(name: str) -> Origin:
    """What a name says by itself."""
    if EPOCH_WORDS.search(name):
        return Origin.EPOCH
    if FRESH_WORDS.search(name):
        return Origin.FRESH
    if RANK_WORDS.search(name):
        return Origin.RANK
    if WORKER_WORDS.match(name) and name not in ("x", "w", "worker"):
        return Origin.WORKER
    if name in INDEX_PARAMETER or INDEX_WORDS.match(name):
        return Origin.INDEX
    return Origin.CONSTANT
