"""Random numbers: Philox words, uniforms and normals, 2^20 values by one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

import seedaug
from benchmarks import jax_random
from benchmarks.harness import SECONDS, Contender, Row, Target, Within
from seedaug import _core
from seedaug import functional as F

COUNT = 1 << 20
BIT_GENERATORS = {"PCG64": np.random.PCG64, "SFC64": np.random.SFC64, "Philox": np.random.Philox}
WORD_TARGETS = {"avx512": 4.0, "avx2": 2.0}
NORMAL_TARGETS = {"avx512": (3.0, 8.0), "avx2": (1.3, 4.0)}  # torch.randn, NumPy's fastest
# What 64-bit lanes allow a word at this machine's clock (docs/performance.md), and what
# Box and Muller add to it: seconds.
LANES = {"avx512": 0.30e-9, "avx2": 0.61e-9}
BOX_MULLER = 0.30e-9
NEAR = 1.2  # times that
OURS = ("seedaug words", "seedaug uniform")
KEY = seedaug.keys(seed=0, index=[1])[0]


def isas() -> list[str]:
    """The instruction sets to measure: all with vectors, or the one that SEEDAUG_ISA forces."""
    if os.environ.get("SEEDAUG_ISA"):
        return [_core.config()["isa"]]
    return [isa for isa in _core.config()["isas_available"] if isa != "scalar"] or ["scalar"]


def check_words(result: Tensor) -> None:
    """Known blocks, and nothing but a function of the key."""
    lo, hi = (int(part) for part in KEY[1:])
    want = _core.words(int(KEY[0]), lo, hi, _core.KINDS["words"], 0, _core.PARAM_BLOCKS, 4096)
    assert np.array_equal(result[:4096].numpy().view(np.uint32), want), "the words differ"


def check_uniform(result: Any) -> None:
    """In [0, 1), mean and variance within six standard errors."""
    x = torch.from_numpy(np.array(result)).double()  # a copy: JAX's are read-only
    assert x.numel() == COUNT, f"{x.numel()} values"
    assert x.min() >= 0, "below 0"
    assert x.max() < 1, "1 or more"
    assert abs(x.mean() - 0.5) < 6 * (1 / 12 / COUNT) ** 0.5, f"mean {x.mean()}"
    assert abs(x.var() - 1 / 12) < 6 * (1 / 180 / COUNT) ** 0.5, f"variance {x.var()}"


def check_normal(result: Any) -> None:
    """Mean, variance and fourth moment within six standard errors."""
    x = torch.from_numpy(np.array(result)).double()  # a copy: JAX's are read-only
    assert x.numel() == COUNT, f"{x.numel()} values"
    assert abs(x.mean()) < 6 / COUNT**0.5, f"mean {x.mean()}"
    assert abs(x.var() - 1) < 6 * (2 / COUNT) ** 0.5, f"variance {x.var()}"
    assert abs((x**4).mean() - 3) < 6 * (96 / COUNT) ** 0.5, f"fourth moment {(x**4).mean()}"


def peers(method: str, check: Any) -> list[Contender]:
    """NumPy's generators and torch's, each into a buffer that it is given."""
    found = []
    for name, make in BIT_GENERATORS.items():
        generator, buffer = np.random.Generator(make(1)), np.empty(COUNT, np.float32)
        draw = generator.random if method == "uniform" else generator.standard_normal

        def call(draw: Any = draw, buffer: Any = buffer) -> Any:
            return draw(dtype=np.float32, out=buffer)

        found.append(Contender(f"NumPy {name}", call, check))
    out = torch.empty(COUNT)
    if method == "uniform":
        found.append(Contender("torch.rand", lambda: torch.rand(COUNT, out=out), check))
    else:
        found.append(Contender("torch.randn", lambda: torch.randn(COUNT, out=out), check))
    for name, implementation in jax_random.IMPLEMENTATIONS.items():
        call = jax_random.draws(method, implementation, COUNT)
        found.append(Contender(name, call, check) if call else Contender(name))
    return found


def near(ours: str, isa: str, more: float = 0.0) -> list[Within]:
    """How near the bound of the lanes we are to be, where one is known."""
    return [Within(ours, NEAR * (LANES[isa] + more), SECONDS)] if isa in LANES else []


def copy() -> Contender:
    """The floor: as many float32 copied into a buffer that is there."""
    source, target = torch.rand(COUNT), torch.empty(COUNT)
    return Contender("copy of the same bytes", lambda: target.copy_(source))


def rows() -> Iterator[Row]:
    """Words and normals, once for each instruction set."""
    numpys = tuple(f"NumPy {name}" for name in BIT_GENERATORS)
    for isa in isas():
        wanted = WORD_TARGETS.get(isa)
        yield Row(
            name=f"words/{isa}",
            title=f"Random words and uniforms, float32 ({isa})",
            per="value",
            items=COUNT,
            contenders=[
                Contender("seedaug words", lambda: F.words(KEY, COUNT), check_words, isa=isa),
                Contender("seedaug uniform", lambda: F.uniform(KEY, COUNT), check_uniform, isa=isa),
                *peers("uniform", check_uniform),
            ],
            floor=copy(),
            targets=[
                *(Target(ours, numpys, wanted) for ours in OURS if wanted),
                *near("seedaug words", isa),
            ],
            note="Philox words in block order; the others' uniforms, into a reused buffer",
        )
    for isa in isas():
        torchs, nps = NORMAL_TARGETS.get(isa, (0.0, 0.0))
        yield Row(
            name=f"normals/{isa}",
            title=f"Normals, float32 ({isa})",
            per="value",
            items=COUNT,
            contenders=[
                Contender("seedaug", lambda: F.normal(KEY, COUNT), check_normal, isa=isa),
                *peers("normal", check_normal),
            ],
            floor=copy(),
            targets=[
                Target("seedaug", against, ratio)
                for against, ratio in ((("torch.randn",), torchs), (numpys, nps))
                if ratio
            ]
            + near("seedaug", isa, BOX_MULLER),
            note="Box and Muller on Philox words; the others into a reused buffer",
        )
