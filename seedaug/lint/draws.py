"""Finds the calls in a function that draw random numbers, and from what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from seedaug.lint.infer import Inference
from seedaug.lint.known import (
    DRAW_METHODS,
    GENERATOR_ARGUMENTS,
    GENERATOR_NAME,
    GENERATOR_TYPES,
    IMGAUG,
    IMGAUG_CALLS,
    LIBRARY_DRAWS,
    NUMBA,
    NUMPY_DRAWS,
    NUMPY_GLOBAL_USERS,
    QUASI_METHODS,
    RANDOM_DRAWS,
    RESEEDED_ATTRIBUTES,
    TAKES_GENERATOR,
    TELLING_METHODS,
    TORCH_DRAWS,
)
from seedaug.lint.project import FunctionKey, last_name
from seedaug.lint.syntax import MODULE, Attribute, Call, Expression, Function, Item, Name
from seedaug.lint.values import (
    External,
    FunctionValue,
    Instance,
    Literal,
    Made,
    Method,
    Typed,
    Value,
)

__all__ = ["Draw", "From", "dotted", "draws_in"]


# An attribute's method, of which one knows but that it may be a library's base class's.
OF_A_BASE = re.compile(r"\.[A-Z]\w*\.\w+\.\w+$")


class From(Enum):
    """What a draw is from."""

    NUMPY = "NumPy's global generator"
    RANDOM = "the global generator of `random`"
    TORCH = "torch's global generator"
    NUMBA = "numba's generator"
    LIBRARY = "a library's generator"
    OBJECT = "a generator that is held"


@dataclass(frozen=True, slots=True)
class Draw:
    """A call that draws.

    Args:
        makers: for `From.OBJECT`, what may have made the generator; empty if that is not seen.
        text: the generator as the source names it.
    """

    call: Call
    source: From
    text: str
    makers: tuple[Made | Typed, ...] = ()


def dotted(expression: Expression) -> str:
    """An expression as a dotted name, with `…` for what is none."""
    if isinstance(expression, Name):
        return expression.id
    if isinstance(expression, Attribute):
        return f"{dotted(expression.value)}.{expression.name}"
    if isinstance(expression, Item):
        return f"{dotted(expression.value)}[…]"
    if isinstance(expression, Call):
        return f"{dotted(expression.function)}(…)"
    return "…"


def draws_in(inference: Inference, key: FunctionKey) -> Iterator[Draw]:
    """The draws that stand in a function itself, in order."""
    function = inference.project.function(key)
    compiled = _is_compiled(inference, function, key)
    for call in function.calls:
        draw = _draw(inference, call, key)
        if draw is None:
            continue
        if compiled and draw.source in (From.NUMPY, From.RANDOM):
            draw = Draw(call, From.NUMBA, draw.text)
        yield draw


def _draw(inference: Inference, call: Call, key: FunctionKey) -> Draw | None:
    name = last_name(call.function)
    keyed = [value for word, value in call.keywords if word in GENERATOR_ARGUMENTS]
    if keyed:
        draw = _by_argument(inference, call, keyed, key)
        if draw is not None:
            return draw
    return _by_name(inference, call, name, key) or _imgaug(inference, call, key)


def _by_name(inference: Inference, call: Call, name: str, key: FunctionKey) -> Draw | None:
    values = inference.values(call.function, key)
    makers = tuple(
        value.owner
        for value in values
        if isinstance(value, Method) and _draws(value.owner, value.name)
    )
    text = dotted(call.function)
    owner_text = dotted(call.function.value) if isinstance(call.function, Attribute) else text
    if makers:
        return Draw(call, From.OBJECT, owner_text, makers)
    if name == "rvs" and any(
        isinstance(value, Method) and value.owner.path.startswith("scipy.stats") for value in values
    ):
        return Draw(call, From.NUMPY, text) if call.keyword("random_state") is None else None
    for value in values:
        if isinstance(value, External):
            if RESEEDED_ATTRIBUTES.search(value.path.rpartition(".")[0]):
                return None
            draw = _external(value.path, call)
            if draw is not None:
                return draw
    if not _known(values) and _looks_held(inference, call, key):
        return Draw(call, From.OBJECT, owner_text)
    return None


def _draws(owner: Made | Typed, method: str) -> bool:
    if owner.path not in GENERATOR_TYPES:
        return False
    return method in (
        QUASI_METHODS if "qmc" in owner.path or "Sobol" in owner.path else DRAW_METHODS
    )


def _known(values: tuple[Value, ...]) -> bool:
    """Whether one knows what is called, so that its name need not tell."""
    return any(
        not isinstance(value, External) or ("." in value.path and not OF_A_BASE.search(value.path))
        for value in values
    )


def _looks_held(inference: Inference, call: Call, key: FunctionKey) -> bool:
    """Whether a draw by its names is from a generator kept in an object or a module.

    `self.rng.uniform()` where nobody in the project says what `rng` is: it came from outside.
    """
    function = call.function
    if not isinstance(function, Attribute) or function.name not in TELLING_METHODS:
        return False
    owner = function.value
    if isinstance(owner, Item):
        owner = owner.value
    if not isinstance(owner, Attribute):
        return False
    if not GENERATOR_NAME.match(owner.name) or owner.name == "random":
        return False
    values = inference.values(owner, key)
    return not any(isinstance(one, Instance | FunctionValue) for one in values) and not any(
        isinstance(one, External) and RESEEDED_ATTRIBUTES.search(one.path) for one in values
    )


def _external(path: str, call: Call) -> Draw | None:
    module, _, name = path.rpartition(".")
    text = dotted(call.function)
    if module in ("numpy.random", "numpy.random.mtrand", "numpy.random.mtrand._rand"):
        return Draw(call, From.NUMPY, text) if name in NUMPY_DRAWS else None
    if module == "random":
        return Draw(call, From.RANDOM, text) if name in RANDOM_DRAWS else None
    if module == "torch":
        given = call.keyword("generator")
        return Draw(call, From.TORCH, text) if name in TORCH_DRAWS and given is None else None
    if module.startswith("scipy.stats") and name == "rvs":
        return Draw(call, From.NUMPY, text) if call.keyword("random_state") is None else None
    if path in NUMPY_GLOBAL_USERS and call.keyword("random_state") is None:
        return Draw(call, From.NUMPY, text)
    if path in LIBRARY_DRAWS:
        return Draw(call, From.LIBRARY, text)
    return None


def _by_argument(
    inference: Inference, call: Call, given: list[Expression], key: FunctionKey
) -> Draw | None:
    """`torch.rand(3, generator=self.generator)`, `norm.rvs(random_state=self.rng)`."""
    values = inference.values(call.function, key)
    paths = [value.path for value in values if isinstance(value, External)]
    if any(not isinstance(value, External | Method) for value in values):
        return None
    text = dotted(call.function)
    if any(TAKES_GENERATOR.search(path) for path in [*paths, text]):
        return None
    for expression in given:
        found = inference.values(expression, key)
        makers = tuple(
            one for one in found if isinstance(one, Made | Typed) and one.path in GENERATOR_TYPES
        )
        if makers:
            return Draw(call, From.OBJECT, dotted(expression), makers)
        if any(one == External("numpy.random") for one in found):
            return Draw(call, From.NUMPY, dotted(expression))
        if (
            not any(isinstance(one, Literal) for one in found)
            and isinstance(expression, Attribute)
            and GENERATOR_NAME.match(expression.name)
            and not any(isinstance(one, Instance) for one in found)
            and last_name(call.function) in DRAW_METHODS | TORCH_DRAWS | {"rvs"}
        ):
            return Draw(call, From.OBJECT, dotted(expression))
    return None


def _imgaug(inference: Inference, call: Call, key: FunctionKey) -> Draw | None:
    """A call of an augmenter of imgaug, whose generators are copied into the workers."""
    for value in inference.values(call.function, key):
        if isinstance(value, Method):
            draws = value.name in IMGAUG_CALLS and IMGAUG.match(value.owner.path)
        else:
            draws = isinstance(value, Made) and IMGAUG.match(value.path)
        if draws:
            return Draw(call, From.LIBRARY, dotted(call.function))
    return None


def _is_compiled(inference: Inference, function: Function, key: FunctionKey) -> bool:
    scope = (key[0], function.outer if function.qualname != MODULE else MODULE)
    for decorator in function.decorators:
        target = decorator.function if isinstance(decorator, Call) else decorator
        for value in inference.values(target, scope):
            if isinstance(value, External) and NUMBA.match(value.path):
                return True
    return False
