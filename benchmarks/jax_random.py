"""JAX's generators on the CPU, compiled, on one thread."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import numpy as np

from benchmarks.harness import Call

IMPLEMENTATIONS = {"JAX threefry": "threefry2x32", "JAX Philox": "philox4x32"}


@cache
def load() -> Any:
    """The module, started on one core so that its pools have one thread each; None if absent."""
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ.setdefault("XLA_FLAGS", flags)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    try:
        import jax

        jax.block_until_ready(jax.numpy.zeros(1))
    except ImportError:
        return None
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
    return jax


def draws(method: str, implementation: str, count: int) -> Call | None:
    """A call that draws `count` float32 ("uniform" or "normal"); None if JAX has no such thing."""
    jax = load()
    if jax is None:
        return None
    try:
        key = jax.random.key(1, impl=implementation)
    except ValueError:
        return None
    draw = jax.jit(lambda key: getattr(jax.random, method)(key, (count,), np.float32))
    return lambda: np.asarray(jax.block_until_ready(draw(key)))
