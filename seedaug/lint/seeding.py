"""Finds the calls in a function that seed: global generators, generators made with a seed, generators seeded again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seedaug.lint.draws import dotted
from seedaug.lint.infer import Inference
from seedaug.lint.known import GENERATOR_NAME, GENERATOR_TYPES
from seedaug.lint.project import FunctionKey, last_name
from seedaug.lint.syntax import Attribute, Call, Constant, Expression, Name
from seedaug.lint.values import External, FunctionValue, Made, Method, Typed

__all__ = ["Seeding", "seedings_in"]

GLOBAL = {
    "numpy.random.seed": "numpy",
    "numpy.random.set_state": "numpy",
    "random.seed": "random",
    "torch.manual_seed": "torch",
    "torch.random.manual_seed": "torch",
    "torch.cuda.manual_seed": "cuda",
    "torch.cuda.manual_seed_all": "cuda",
}
EVERYTHING = ("seed_everything", "set_seed", "set_random_seed", "set_determinism", "seed_all")
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
            position = seed_parameter(inference, value.key)
            if position is not None:
                at, name = position
                seed = call.argument(at - value.bound, name)
                if seed is not None:
                    return Seeding(call, seed, key, "everything", text)
    if _seeds_by_name(inference, call, key):
        return Seeding(call, _given(call), key, "object", text)
    return None


def _external(path: str, call: Call, key: FunctionKey, text: str) -> Seeding | None:
    if path in GLOBAL:
        return Seeding(call, _given(call), key, GLOBAL[path], text)
    if path.rpartition(".")[2] in EVERYTHING:
        return Seeding(call, _given(call), key, "everything", text)
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


def seed_parameter(inference: Inference, key: FunctionKey) -> tuple[int, str] | None:
    """The parameter with which a function seeds global generators: position and name."""
    function = inference.project.function(key)
    names = {one.name: at for at, one in enumerate(function.parameters)}
    for call in function.calls:
        for value in inference.values(call.function, key):
            if isinstance(value, External) and value.path in GLOBAL:
                given = _given(call)
                if isinstance(given, Name) and given.id in names:
                    return names[given.id], given.id
    return None
