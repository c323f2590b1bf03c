"""Finds the calls in a function that seed: global generators, new ones, held ones again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seedaug.lint.draws import dotted
from seedaug.lint.infer import Inference
from seedaug.lint.known import GENERATOR_NAME, GENERATOR_TYPES
from seedaug.lint.project import FunctionKey, last_name
from seedaug.lint.syntax import Attribute, Call, Constant, Expression, Name, Operation
from seedaug.lint.values import External, FunctionValue, Made, Method, Typed

__all__ = ["SeedParameter", "Seeding", "seed_parameter", "seedings_in"]

GLOBAL = {
    "numpy.random.seed": "numpy",
    "random.seed": "random",
    "torch.manual_seed": "torch",
    "torch.random.manual_seed": "torch",
    "torch.cuda.manual_seed": "cuda",
    "torch.cuda.manual_seed_all": "cuda",
}
EVERYTHING = re.compile(
    r"(^|\.)(seed_everything|seed_all|seed_torch|random_seed|"
    r"(set|fix|setup|init|manual)_?(all_|random_|global_|torch_|rng_)?(seeds?|determinis(m|tic)))$"
)
MOST_CALLS = 12  # of a function that only seeds, whatever its name
SEEDING_NAME = re.compile(r"seed|random|determin|reproduc", re.IGNORECASE)
SEEDING_CONTEXT = re.compile(  # with numpy_seed(seed, epoch, index): ...
    r"^(numpy|np|temp|temporary|local|fixed|random|manual|set_?np|with|isolated?|fork)_?"
    r"(numpy|np|random|rng)?_?(seed|seeds|state|rng)$"
)
SEED_ARGUMENTS = ("seed", "x", "a", "entropy", "random_state", "new_seed", "s")


@dataclass(frozen=True, slots=True)
class Seeding:
    """A call that seeds.

    Args:
        seed: its expression; None where nothing is given, which is fresh entropy.
        scope: the function in which the expression stands.
        what: "numpy", "random", "torch", "cuda", "everything", "made" (a new generator) or
            "object" (a generator that is seeded again).
        text: what is called.
    """

    call: Call
    seed: Expression | None
    scope: FunctionKey
    what: str
    text: str


def seedings_in(inference: Inference, key: FunctionKey) -> Iterator[Seeding]:
    """The calls in a function that seed.

    A function of the project that seeds with what it is given counts as seeding where it is called.
    """
    function = inference.project.function(key)
    for call in function.calls:
        found = _seeding(inference, call, key)
        if found is not None:
            yield found


def _seeding(inference: Inference, call: Call, key: FunctionKey) -> Seeding | None:
    text = dotted(call.function)
    for value in inference.values(call.function, key):
        if isinstance(value, External):
            found = _external(value.path, call, key, text)
            if found is not None:
                return found
        elif isinstance(value, Method):
            if value.owner.path in GENERATOR_TYPES and value.name in ("seed", "manual_seed"):
                return Seeding(call, _given(call), key, "object", text)
        elif isinstance(value, FunctionValue):
            found = _through(inference, value.key, call, key, text)
            if found is not None:
                return found
    values = inference.values(call.function, key)
    if (
        call.arguments
        and SEEDING_CONTEXT.search(last_name(call.function))
        and all(isinstance(value, External) for value in values)
    ):
        return Seeding(call, _together(call), key, "everything", text)
    if _seeds_by_name(inference, call, key):
        return Seeding(call, _given(call), key, "object", text)
    return None


def _through(
    inference: Inference, target: FunctionKey, call: Call, key: FunctionKey, text: str
) -> Seeding | None:
    """A call of a function of the project that seeds with what it is given."""
    found = seed_parameter(inference, target)
    if found is None or not (call.arguments or call.keywords):
        return None
    if call.argument(0) is None and call.keyword(found.name) is None:
        return None
    if found.what == "made" and any(
        isinstance(value, Made | Typed)
        for one in call.arguments
        for value in inference.values(one, key)
    ):
        return None  # a function that gives back the generator that it is given
    return Seeding(call, _together(call), key, found.what, text)


def _together(call: Call) -> Expression:
    """All that a call is given, as one seed: `numpy_seed(seed, epoch, index)`."""
    return Operation((*call.arguments, *(value for _, value in call.keywords)))


def _external(path: str, call: Call, key: FunctionKey, text: str) -> Seeding | None:
    if path in GLOBAL:
        return Seeding(call, _given(call), key, GLOBAL[path], text)
    if EVERYTHING.search(path):
        seed = _together(call) if _given(call) is not None else None
        return Seeding(call, seed, key, "everything", text)
    if path in GENERATOR_TYPES and path not in (
        "torch.Generator",
        "numpy.random.Generator",
        "torch._C.Generator",
    ):
        return Seeding(call, _given(call), key, "made", text)
    if path.startswith("numpy.random.") and path.endswith(("PCG64", "MT19937", "Philox", "SFC64")):
        return Seeding(call, _given(call), key, "made", text)
    return None


def _seeds_by_name(inference: Inference, call: Call, key: FunctionKey) -> bool:
    """`self.rng.seed(...)` where nobody says what `rng` is."""
    function = call.function
    return (
        isinstance(function, Attribute)
        and function.name in ("seed", "manual_seed")
        and last_name(function.value) not in ("random", "")
        and bool(GENERATOR_NAME.match(last_name(function.value)))
        and not any(
            not isinstance(one, External) or "." in one.path
            for one in inference.values(function, key)
        )
        and not any(isinstance(one, Made | Typed) for one in inference.values(function.value, key))
    )


def _given(call: Call) -> Expression | None:
    given = call.argument(0, *SEED_ARGUMENTS)
    return None if isinstance(given, Constant) and given.value is None else given


@dataclass(frozen=True, slots=True)
class SeedParameter:
    """A function's parameter with which it seeds; `what` as for `Seeding`."""

    name: str
    what: str


def seed_parameter(inference: Inference, key: FunctionKey) -> SeedParameter | None:
    """The parameter with which a function seeds, or makes a generator that it returns."""
    if key not in inference.seed_parameters:
        inference.seed_parameters[key] = _seed_parameter(inference, key)
    found = inference.seed_parameters[key]
    return None if found is None else SeedParameter(*found)


def _seed_parameter(inference: Inference, key: FunctionKey) -> tuple[str, str] | None:
    function = inference.project.function(key)
    if len(function.calls) > MOST_CALLS and not SEEDING_NAME.search(function.name):
        return None  # a training script that seeds, too
    names = {one.name for one in function.parameters if one.name not in function.names}
    for call in function.calls:
        given = _given(call)
        if not isinstance(given, Name) or given.id not in names:
            continue
        for value in inference.values(call.function, key):
            if isinstance(value, External):
                if value.path in GLOBAL or EVERYTHING.search(value.path):
                    return given.id, "everything"
                if value.path in GENERATOR_TYPES and any(call is one for one in function.returns):
                    return given.id, "made"
    return None
