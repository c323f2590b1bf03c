"""Arguments that make no sense: an op runs or raises, and never reads or writes outside.

`make sanitize` runs these under AddressSanitizer and UndefinedBehaviorSanitizer.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seedaug import keys, ops

small = st.integers(-3, 40)
number = st.one_of(small, st.sampled_from([255, 2**31 - 1, 2**31, 2**63 - 1, -(2**63)]))
size_or_worse = st.one_of(st.integers(1, 9), number)
real = st.one_of(
    st.floats(-300, 300), st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf, 1e308, 5e-324])
)
ARGUMENTS = {1: 10, 2: 2, 3: 7, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: 1}
dtypes = st.sampled_from([torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.int64])


@st.composite
def instructions(draw):
    kind = draw(st.sampled_from([*ARGUMENTS]))
    count = ARGUMENTS[kind]
    sensible = st.integers(0, 9) if kind in (1, 2, 3) else st.integers(0, 4)
    arguments = draw(st.lists(sensible, min_size=count, max_size=count))
    if kind in (1, 3) and draw(st.booleans()):
        arguments[-1] = draw(st.sampled_from([0, 1]))
        arguments[6 if kind == 1 else 4] = draw(st.integers(0, 3))
    if kind == 1 and draw(st.booleans()):
        arguments[7] = 1
    numbers = [kind, draw(st.integers(0, 31)), count, *arguments]
    if draw(st.integers(0, 9)) == 0:
        numbers[draw(st.integers(0, len(numbers) - 1))] = draw(number)
    return numbers


programs = st.lists(instructions(), max_size=6).map(lambda parts: [n for p in parts for n in p])
values = st.lists(st.one_of(st.floats(0, 1), real), min_size=4, max_size=12)


@st.composite
def images(draw):
    lead = draw(st.lists(st.integers(0, 3), max_size=3))
    shape = (*lead, draw(st.integers(0, 9)), draw(st.integers(0, 9)))
    dtype = draw(dtypes)
    x = torch.ones([size + 2 for size in shape]).to(dtype)
    x = x[tuple(slice(1, 1 + size) for size in shape)]
    if draw(st.booleans()):
        x = x.transpose(-1, draw(st.integers(-len(shape), -1)))
    if x.numel() and draw(st.booleans()):
        x = x.flip(-1).unsqueeze(0).expand(2, *x.shape)
    return x


@st.composite
def alike(draw):
    """Images of one dtype and number of channels."""
    dtype, channels = draw(dtypes), draw(st.integers(1, 3))
    sizes = draw(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4))
    return [torch.ones(channels, height, width).to(dtype) for height, width in sizes]


def key_of(count):
    return keys(seed=3, index=range(count)) if count else keys(seed=3)[0]


def bits(x):
    return x.flatten().contiguous().view(torch.uint8)


def attempt(op, *arguments):
    """What an op returns, or None if it refuses its arguments with a message."""
    try:
        return op(*arguments)
    except RuntimeError as error:
        if not str(error):
            raise
        return None


@settings(max_examples=400, deadline=None)
@given(images(), programs, values, st.one_of(st.none(), dtypes), st.integers(-1, 3), st.booleans())
def test_augment(x, program, floats, dtype, layout, batch):
    k = key_of(x.shape[0] if batch and x.dim() > 2 else 0)
    dtype, before = dtype or x.dtype, x.clone()
    y = attempt(ops.augment_nograd, x, k, program, floats, dtype, layout)
    if y is not None:
        assert y.dtype == dtype
        assert y.shape[:-2] == x.shape[:-2]
        again = ops.augment_nograd(before, k, program, floats, dtype, ops.CONTIGUOUS)
        out = torch.empty(y.shape, dtype=dtype)
        ops.augment_out(x, k, program, floats, out)
        assert torch.equal(bits(y), bits(again))
        assert torch.equal(bits(y), bits(out))
    assert torch.equal(x, before)


@settings(max_examples=200, deadline=None)
@given(st.one_of(alike(), st.lists(images(), max_size=3)), programs, values, st.none() | dtypes)
def test_augment_list(given_images, program, floats, dtype):
    k = keys(seed=3, index=range(len(given_images)))
    dtype = dtype or (given_images[0].dtype if given_images else torch.uint8)
    y = attempt(ops.augment_list, given_images, k, program, floats, dtype, 0)
    for i, x in enumerate(given_images if y is not None else []):
        one = ops.augment_nograd(x, k[i], program, floats, dtype, ops.CONTIGUOUS)
        assert torch.equal(bits(one), bits(y[i]))


@settings(max_examples=300, deadline=None)
@given(images(), programs, values, st.booleans(), st.lists(st.integers(-1, 9), max_size=5))
def test_augment_backward(x, program, floats, batch, size):
    k, x = key_of(x.shape[0] if batch and x.dim() > 2 else 0), x.to(torch.float32)
    y = attempt(ops.augment, x, k, program, floats, torch.float32, ops.PRESERVE)
    grad, sizes = (x, size) if y is None else (torch.ones_like(y), [*x.shape])
    made = attempt(ops.augment_backward, grad, k, program, floats, sizes, torch.float32)
    assert made is None or [*made.shape] == sizes


@settings(max_examples=200, deadline=None)
@given(programs, values, size_or_worse, size_or_worse, st.integers(0, 3))
def test_params(program, floats, height, width, count):
    rows = attempt(ops.params, key_of(count), program, floats, height, width)
    assert rows is None or (rows.shape[0], rows.shape[2]) == (max(count, 1), 6)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.integers(16, 18), number),
    st.one_of(st.integers(0, 31), number),
    st.lists(st.integers(-2, 9), max_size=4),
    st.one_of(st.just(torch.float32), dtypes),
    st.integers(0, 3),
)
def test_fill(kind, occurrence, shape, dtype, count):
    made = attempt(ops.fill, key_of(count), kind, occurrence, shape, dtype)
    assert made is None or [*made.shape] == ([count, *shape] if count else shape)


@pytest.mark.parametrize("shape", [(2, 3), (0, 3), (3,), (1, 2, 3), (4,), ()])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.float32])
def test_keys_of_any_shape_and_dtype(shape, dtype):
    arguments = ([2, 0, 2, 3, 3], [], torch.float32, 0)
    x, k = torch.ones(2, 3, 4, 4), torch.zeros(shape, dtype=dtype)
    if dtype == torch.int64 and shape in ((2, 3), (3,)):
        assert ops.augment_nograd(x, k, *arguments).shape == (2, 3, 3, 3)
    else:
        with pytest.raises(RuntimeError, match="keys must be"):
            ops.augment_nograd(x, k, *arguments)
