"""What evidence is made of: digests, generators in reach, lines, and the odds of chance."""

import collections
import dataclasses
import functools
import math
import random
import threading
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from seedaug.check import chance, draws, generators
from seedaug.check.chance import compare
from seedaug.check.digest import NotComparable, digest, parts
from seedaug.check.draws import Across, drawn
from seedaug.check.records import Draw, Event, Phase, Record
from seedaug.check.trace import Tracer
from seedaug.data.reach import kind, reach

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Item:
    image: object
    label: int


class Plain:
    def __init__(self, value):
        self.value = value


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def values():
    """Pairs of values made twice, alike but not the same object."""
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    return [
        [1, -1, 2**70, True, None, 0.5, "a", "ä\ud800", b"x", 1j, ..., range(3), Path("a/b")],
        float("nan"),
        {"b": 1, "a": [1, (2, {3, 4})]},
        Point(1, 2), Item(np.zeros(3), 4), Plain([1, 2]), Slotted("s"),
        np.arange(6).reshape(2, 3)[:, ::2], np.array([1, "a", None], dtype=object), np.float32(3),
        torch.arange(6).reshape(2, 3).T, torch.tensor(1.0, dtype=torch.bfloat16), torch.zeros(0),
        torch.tensor([1 + 2j]).conj(), torch.tensor([1, 0]).to_sparse(), torch.float32,
        Image.fromarray(picture), Image.fromarray(picture).convert("P"),
        types.SimpleNamespace(a=1), collections.OrderedDict(a=1), len, Plain, functools.partial,
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(values())))
def test_equal_values_have_equal_digests(number):
    assert digest(values()[number]) == digest(values()[number])


def test_different_values_have_different_digests():
    found = [digest(value) for value in values()]
    found += [digest(v) for v in (1.0, 0.0, -0.0, "1", [1], (1,), {1}, {"a": 2}, np.zeros(2))]
    found += [digest(v) for v in (torch.zeros(2), torch.zeros(2, 1), np.zeros((2, 1)), Plain(1))]
    assert len(set(found)) == len(found)


def test_digests_do_not_depend_on_order_or_identity():
    text = "".join(["ab", "c"])
    assert digest([text, text]) == digest(["abc", "".join(["a", "bc"])])
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    cycle = Plain(None)
    cycle.value = cycle
    assert digest(cycle) == digest(cycle)


def test_what_cannot_be_compared():
    with pytest.raises(NotComparable, match="lock"):
        digest(threading.Lock())
    assert parts((1, threading.Lock()))["[1]"] == b""


def test_parts():
    assert set(parts({"a": (1, Point(2, 3)), "b": Item(0, 1)})) == {
        "['a'][0]", "['a'][1].x", "['a'][1].y", "['b'].image", "['b'].label",
    }  # fmt: skip
    assert set(parts(5)) == {""}
    assert set(parts(list(range(100)))) == {""}
    assert len(parts(tuple((i, i, i) for i in range(16)))) == 33
    assert parts(tuple((i, i, i) for i in range(16))) != parts(
        tuple((i, i, i + (i == 15)) for i in range(16))
    )


def made(generator):
    def transform(value, unused=None):
        return value, generator

    return transform


def test_generators_are_found_wherever_they_are_held():
    rng = functools.partial(np.random.default_rng, 0)
    module = torch.nn.Sequential(torch.nn.Identity())
    module[0].rng = rng()
    slotted = Slotted(rng())
    cyclic = Plain(rng())
    cyclic.me = cyclic
    root = Plain(None)
    root.__dict__.update(
        held=rng(), items=[1, {"a": rng()}], function=made(rng()), method=Plain(rng()).__init__,
        module=module, slotted=slotted, cyclic=cyclic, partial=functools.partial(print, r=rng()),
        bits=np.random.PCG64(1), python=random.Random(1), torch=torch.Generator(),
        state=np.random.RandomState(1), default=lambda x, r=rng(): r,  # noqa: B008
    )  # fmt: skip
    assert set(reach({"root": root})) == {
        "root.held", "root.items[1]['a']", "root.function.<closure generator>",
        "root.method.__self__.value", "root.module.0.rng", "root.slotted.value",
        "root.cyclic.value",
        "root.partial.keywords['r']", "root.bits", "root.python", "root.torch", "root.state",
        "root.default.<default r>",
    }  # fmt: skip


def test_what_is_no_held_generator():
    root = Plain(None)
    root.__dict__.update(
        numpy=np.random, legacy=np.random.mtrand._rand, system=random.SystemRandom(),
        python=random._inst, torch=torch.default_generator,
    )  # fmt: skip
    assert reach({"root": root}) == {}


def test_one_generator_has_one_name():
    rng = np.random.default_rng(0)
    assert [*reach({"a": Plain(rng), "b": Plain(rng.bit_generator)})] == ["a.value"]


def test_a_large_dataset_is_not_walked_to_its_end():
    assert "root.rng" in reach(
        {"root": types.SimpleNamespace(files=[Plain(i) for i in range(10**5)],
                                       rng=random.Random(1))}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("generator", "move"),
    [
        (np.random.default_rng(0), lambda g: g.random()),
        (np.random.RandomState(0), lambda g: g.rand()),
        (np.random.PCG64(0), lambda g: g.random_raw()),
        (random.Random(0), lambda g: g.random()),
        (torch.Generator(), lambda g: torch.rand(1, generator=g)),
    ],
)
def test_a_state_moves_with_each_draw(generator, move):
    before = generators.state(generator)
    assert generators.state(generator) == before
    move(generator)
    assert generators.state(generator) != before


def test_lines_of_draws():
    rng = np.random.default_rng(0)
    tracer = Tracer(lambda: {"rng": generators.state(rng), "other": b""})

    def inner():
        return rng.normal()

    def sample():
        first = 1
        second = inner()
        return first + second + rng.random()

    tracer.start()
    sample()
    tracer.stop()
    assert [place.split(", in ")[1].rpartition(".")[2] for place in tracer.found["rng"]] == [
        "inner", "sample",
    ]  # fmt: skip
    line = sample.__code__.co_firstlineno
    assert tracer.found["rng"][1].startswith(f"test_check_evidence.py:{line + 3}")
    assert not tracer.found["other"]


def test_a_draw_inside_an_installed_package_is_put_down_to_the_users_line(tmp_path):
    rng = np.random.default_rng(0)
    library = {"rng": rng}
    path = tmp_path / "site-packages" / "library.py"
    exec(compile("def noise():\n    return rng.normal()\n", str(path), "exec"), library)
    tracer = Tracer(lambda: {"rng": generators.state(rng)})

    def sample():
        return library["noise"]()

    tracer.start()
    sample()
    tracer.stop()
    line = sample.__code__.co_firstlineno + 1
    assert [place.partition(", in ")[0] for place in tracer.found["rng"]] == [
        f"test_check_evidence.py:{line}"
    ]


def test_a_module_is_looked_through_once(monkeypatch):
    module = types.ModuleType("many")
    for number in range(200):
        setattr(module, f"part{number}", number)
    module.rng = np.random.default_rng(0)
    functions = [
        types.FunctionType(compile("many.part0", "f.py", "eval"), {"many": module, "__name__": "f"})
        for _ in range(100)
    ]
    asked = []
    monkeypatch.setattr("seedaug.data.reach.kind", lambda v: asked.append(v) or kind_of(v))
    kind_of = kind
    assert reach({"dataset": functions}) == {"many.rng": module.rng}
    assert len(asked) < 1000


def event(worker, epoch, position, key, output, phase=Phase.ALIGNED, moved=()):
    sample = {"": digest(output)}
    record = Record(worker, [sample] * len(key), None, [*moved])
    return Event(0, worker, epoch, position, phase, key, record)


def aligned(output, keys=8, epochs=3, workers=2):
    """The aligned events of a run whose output is a function of (worker, epoch, position, key)."""
    return [
        event(w, e, 3 * k + 2 * again, (k,), output(w, e, 3 * k + 2 * again, k),
              Phase.AGAIN if again else Phase.ALIGNED)
        for e in range(epochs) for w in range(workers) for k in range(keys) for again in range(2)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (lambda w, e, p, k: k, set()),
        (lambda w, e, p, k: (k, e), set()),
        (lambda w, e, p, k: (w, e, p), set()),
        (lambda w, e, p, k: p, {Across.WORKERS, Across.EPOCHS}),
        (lambda w, e, p, k: (w, p), {Across.EPOCHS}),
        (lambda w, e, p, k: (e, p), {Across.WORKERS}),
    ],
)
def test_repeats_in_bytes(output, expected):
    (part,) = compare(aligned(output))
    assert set(part.repeats) == expected
    assert all(p < chance.LIMIT for p in part.repeats.values())


def test_healthy_draws_of_one_bit_are_no_repeat():
    for seed in range(50):
        bits = random.Random(seed)
        (part,) = compare(aligned(lambda *where, bits=bits: bits.random() < 0.5))
        assert not part.repeats


def test_draws_that_are_nearly_always_the_same_are_not_decided():
    """One of 16 samples ever moves: too little to tell a repeat from chance."""
    moves = aligned(lambda w, e, p, k: k == 3 and p == 9, epochs=2)
    (part,) = compare(moves)
    assert part.varies
    assert all(math.log(p) < math.log(chance.LIMIT) for p in part.repeats.values())


def draw(before, after, **options):
    return Draw("rng", "numpy", before, after, **options)


def source_of(moves):
    """The source of (worker, epoch, position, key, draw) rows."""
    events = [event(w, e, p, k, 0, moved=[d]) for w, e, p, k, d in moves]
    (source,) = drawn(events)
    return source


def test_equal_states_of_the_same_sample_are_no_repeat_where_draws_are_keyed():
    rows = [
        (w, e, p, (k,), draw(bytes([w, e, p]), bytes([99, k, e])))
        for e in range(2) for w in range(2) for p, k in enumerate((0, 1, 0, 1))
    ]  # fmt: skip
    source = source_of(rows)
    assert source.reseeded
    assert source.keyed
    assert not source.repeats


def test_few_equal_seeds_are_chance():
    rows = [
        (0, 0, p, (p,), draw(bytes([p]), bytes([p + 1]), seeded=(bytes([p % 12]),)))
        for p in range(24)
    ]
    assert not source_of(rows).repeats
    assert draws._SYSTEMATIC > 0.5


def test_one_equal_state_is_a_repeat():
    rows = [
        (w, 0, p, (p + 9 * w,), draw(bytes([w * (p > 0), p]), b"x%d%d" % (w, p)))
        for w in (0, 1)
        for p in range(3)
    ]
    assert set(source_of(rows).repeats) == {Across.WORKERS}


class _Obstinate:
    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise ValueError("no")

    def __hash__(self) -> int:
        return 1


def test_objects_that_raise_when_they_are_looked_at_are_not_comparable() -> None:
    assert parts(_Obstinate()) == {"": b""}
    assert parts({_Obstinate(): 1}).keys() == {"[<_Obstinate>]"}


def test_integers_of_thousands_of_digits_are_compared() -> None:
    assert parts(10**6000)[""] not in (b"", parts(10**6000 + 1)[""])
