"""Normals by Triton, as its tutorials fill a buffer: one program a block. Needs Triton."""

# mypy: ignore-errors

import triton
import triton.language as tl

BLOCK = 1024


@triton.jit
def _fill(to, count, seed, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    tl.store(to + at, tl.randn(seed, at.to(tl.uint32)), mask=at < count)


def fill_normal(buffer, seed):
    """Fill a CUDA buffer of float32."""
    count = buffer.numel()
    _fill[(triton.cdiv(count, BLOCK),)](buffer, count, seed, BLOCK=BLOCK)
    return buffer
