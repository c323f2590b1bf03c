"""Arguments nobody would write: the ops give a result or a clear error, and touch nothing else.

`make sanitize` runs this file under AddressSanitizer and UBSan, where a stray access ends it.
"""

import itertools
import math
import os

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seedaug
from seedaug._core import KINDS

OPS = torch.ops.seedaug
DTYPES = [torch.uint8, torch.float16, torch.bfloat16, torch.float32]
OTHER_DTYPES = [torch.bool, torch.int16, torch.int64, torch.float64, torch.complex64]
REFUSED = (RuntimeError, ValueError, TypeError)
FUZZ = settings(
    max_examples=int(os.environ.get("SEEDAUG_FUZZ", "250")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

small = st.integers(-2, 9)
wild = st.one_of(small, st.integers(-(2**63), 2**63 - 1))
floats = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, -1.0, math.nan, math.inf, -math.inf, 1e300, 1e-300]),
    st.floats(allow_nan=True),
)
# The number of arguments of each kind, so that many programs get past the first check.
LENGTHS = {
    "random_crop": 10,
    "center_crop": 2,
    "pad": 7,
    "horizontal_flip": 1,
    "vertical_flip": 1,
    "to_dtype": 2,
    "normalize": 2,
    "gaussian_noise": 2,
    "clamp": 1,
}


@st.composite
def instructions(draw):
    name = draw(st.sampled_from(sorted(LENGTHS)))
    number = draw(st.sampled_from([small, small, small, wild]))
    length = draw(st.sampled_from([LENGTHS[name]] * 8 + [0, 1, 5]))
    occurrence = draw(st.sampled_from([0, 0, 1, 31, 32, -1]))
    return [
        KINDS[name],
        occurrence,
        length,
        *draw(st.lists(number, min_size=length, max_size=length)),
    ]


programs = st.one_of(
    st.lists(instructions(), max_size=5).map(lambda parts: list(itertools.chain(*parts))),
    st.lists(wild, max_size=12),
)


@st.composite
def images(draw):
    shape = draw(st.lists(st.integers(0, 7), min_size=0, max_size=6))
    dtype = draw(st.sampled_from(DTYPES * 3 + OTHER_DTYPES))
    base = torch.arange(max(1, math.prod(shape))).remainder(251).to(dtype)[: math.prod(shape)]
    x = base.reshape(shape)
    how = draw(st.sampled_from(["as is", "transposed", "strided", "expanded", "channels_last"]))
    if how == "transposed" and x.dim() >= 2:
        x = x.transpose(-1, draw(st.integers(-x.dim(), -1)))
    elif how == "strided" and x.dim() >= 1:
        x = x[..., :: draw(st.integers(1, 3))]
    elif how == "expanded":
        x = x.expand(2, *x.shape)
    elif how == "channels_last" and x.dim() == 4:
        x = x.contiguous(memory_format=torch.channels_last)
    return x


@st.composite
def key_tensors(draw, samples):
    shape = draw(st.sampled_from([(3,), (samples, 3), (samples, 3), (samples + 1, 3), (2,), ()]))
    if draw(st.integers(0, 9)) == 0:
        return torch.zeros(shape, dtype=draw(st.sampled_from([torch.int32, torch.float32])))
    keys = torch.zeros(shape, dtype=torch.int64)
    if keys.dim():
        keys[..., 0] = draw(st.integers(-(2**63), 2**63 - 1))
        keys[..., 1] = draw(st.sampled_from([0, 5 << 32, 1]))
    return keys


def attempt(call):
    """The result, or None where the op refused with a text."""
    try:
        return call()
    except REFUSED as refusal:
        text = str(refusal)
    assert text.strip()
    return None


@FUZZ
@given(x=images(), program=programs, values=st.lists(floats, max_size=8), data=st.data())
def test_augment(x, program, values, data):
    keys = data.draw(key_tensors(x.shape[0] if x.dim() else 0))
    dtype = data.draw(st.sampled_from([*DTYPES, x.dtype]))
    layout = data.draw(st.sampled_from([0, 0, 1, 2, 3, -1]))
    before = x.clone()
    result = attempt(lambda: OPS.augment(x, keys, program, values, dtype, layout))
    assert torch.equal(x.nan_to_num(), before.nan_to_num())
    if result is not None:
        assert result.dtype == dtype
        assert result.shape[:-2] == x.shape[:-2]
        again = OPS.augment(x.contiguous(), keys, program, values, dtype, 1)
        assert torch.equal(result.nan_to_num(), again.nan_to_num())


@FUZZ
@given(x=images(), program=programs, values=st.lists(floats, max_size=8), data=st.data())
def test_augment_out_stays_inside(x, program, values, data):
    keys = data.draw(key_tensors(x.shape[0] if x.dim() else 0))
    shape = list(x.shape[:-2]) + data.draw(st.lists(st.integers(0, 8), min_size=2, max_size=2))
    dtype = data.draw(st.sampled_from(DTYPES))
    guard = 64
    memory = torch.full((math.prod(shape) + 2 * guard,), 77, dtype=dtype)
    out = memory[guard : guard + math.prod(shape)].reshape(shape)
    done = attempt(lambda: (OPS.augment_out(x, keys, program, values, out), True))
    assert (memory[:guard] == 77).all()
    assert (memory[guard + math.prod(shape) :] == 77).all()
    if done is None:
        assert (memory == 77).all()


@FUZZ
@given(pictures=st.lists(images(), max_size=4), program=programs, data=st.data())
def test_augment_list(pictures, program, data):
    keys = data.draw(key_tensors(len(pictures)))
    crop = [KINDS["random_crop"], 0, 10, 3, 3, 0, 0, 0, 0, 0, 1, 0, 0]
    attempt(lambda: OPS.augment_list(pictures, keys, program, [0.5] * 8, torch.uint8, 0))
    attempt(lambda: OPS.augment_list(pictures, keys, program + crop, [0.5] * 8, torch.uint8, 0))


@FUZZ
@given(program=programs, values=st.lists(floats, max_size=8), data=st.data())
def test_params(program, values, data):
    keys = data.draw(key_tensors(3))
    height, width = data.draw(wild), data.draw(wild)
    attempt(lambda: OPS.params(keys, program, values, height, width))


@FUZZ
@given(
    kind=wild, occurrence=wild, shape=st.lists(st.one_of(small, wild), max_size=4), data=st.data()
)
def test_fill(kind, occurrence, shape, data):
    if 2**22 < math.prod(abs(s) for s in shape) <= 2**40:
        shape = [s % 50 for s in shape]
    keys = data.draw(key_tensors(2))
    kind = data.draw(st.sampled_from([16, 17, 18, 100, kind]))
    dtype = data.draw(st.sampled_from([*DTYPES, torch.int32, torch.uint32, torch.float64]))
    attempt(lambda: OPS.fill(keys, kind, occurrence % 34, shape, dtype))


@FUZZ
@given(x=images(), program=programs, values=st.lists(floats, max_size=8), data=st.data())
def test_backward(x, program, values, data):
    keys = data.draw(key_tensors(x.shape[0] if x.dim() else 0))
    size = data.draw(st.sampled_from([list(x.shape), [*x.shape[:-2], 5, 6], [1], []]))
    dtype = data.draw(st.sampled_from(DTYPES))
    attempt(lambda: OPS.augment_backward(x, keys, program, values, size, dtype))


def free_memory():
    with open("/proc/meminfo") as lines:
        return (
            next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) * 1024
        )


@pytest.mark.slow
@pytest.mark.skipif(
    not os.path.exists("/proc/meminfo")
    or free_memory() < 10 * 2**30
    or os.environ.get("SEEDAUG_SANITIZE") == "1",
    reason="needs 10 GiB of free memory",
)
def test_more_than_2_to_the_31_elements():
    side = 46_400  # side^2 > 2^31
    x = torch.zeros(1, side, side, dtype=torch.uint8)
    x[0, -1, -3:] = torch.tensor([1, 2, 3], dtype=torch.uint8)
    flip = seedaug.RandomHorizontalFlip(p=1.0)
    y = flip(x, seedaug.Key(seed=1))
    assert y[0, -1, :3].tolist() == [3, 2, 1]
    assert int(y[0, -1, 3:].max()) == 0
    del x, y
    key = seedaug.Key(seed=1).tensor()
    n = 2**31 + 7
    z = OPS.fill(key, KINDS["normal"], 0, [n], torch.float16)
    assert z.shape == (n,)
    tail = seedaug._core.words(*key.tolist(), KINDS["normal"], 0, 16 + (n - 7) // 4, 4)
    words = torch.from_numpy(tail.copy()).view(torch.int32)
    assert torch.equal(z[n - 7 : n - 3], OPS.box_muller(words).half())
