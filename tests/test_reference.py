"""Fused programs against the reference, bit for bit: any program, type, shape and memory."""

import numpy as np
import pytest
import reference
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference import strategies
from reference.bridge import BITS, DTYPES, ISAS, bits, key_tensor, placed, run, to_tensor, using
from reference.pixels import STORAGE, Image
from reference.strategies import examples

from seedaug import apply, ops
from seedaug.program import compile_steps

EXAMPLES = examples(150)
FEWER = examples(60)


def assert_same(made, expected, note):
    """Same type, shape and bits as a reference image."""
    assert made.dtype == DTYPES[expected.dtype], note
    assert made.shape == expected.data.shape, note
    got, wanted = bits(made), bits(expected)
    wrong = np.argwhere(got != wanted)
    assert not len(wrong), (
        f"{note}: {len(wrong)} of {got.size} differ, first at {wrong[0]}: "
        f"{got[tuple(wrong[0])]:x}, reference {wanted[tuple(wrong[0])]:x}"
    )


def expected_batch(steps, image, places):
    """The reference sample by sample, each at its own place."""
    made = [
        reference.run(steps, Image(one, image.dtype), at)
        for one, at in zip(image.data, places, strict=True)
    ]
    return Image(np.stack([one.data for one in made]), made[0].dtype)


def places(count):
    return [
        reference.Coordinates(seed=2**63 + 1, epoch=count, index=2**32 - 2 + i)
        for i in range(count)
    ]


def channels_last(x):
    return x.movedim(-3, -1).contiguous().movedim(-1, -3)


MEMORY = {
    "contiguous": lambda x: x,
    "channels_last": channels_last,
    "every other column": lambda x: torch.stack([x, x], -1).flatten(-2)[..., ::2],
    "transposed": lambda x: x.mT.contiguous().mT,
    "unaligned": lambda x: torch.cat([x.flatten()[:1], x.flatten()])[1:].view(x.shape),
    "inside a larger one": lambda x: torch.nn.functional.pad(x, (2, 1, 1, 3))[..., 1:-3, 2:-1],
}


def bitwise(change):
    """Applies a change of memory to the bits: float copies could lose the payload of a NaN."""
    return lambda x: change(x.view(BITS[x.element_size()])).view(x.dtype)


@EXAMPLES
@given(case=strategies.cases(), at=strategies.COORDINATES, memory=st.sampled_from([*MEMORY]))
def test_one_image(case, at, memory):
    steps, image = case
    x, expected = bitwise(MEMORY[memory])(to_tensor(image)), reference.run(steps, image, at)
    for isa in ISAS:
        with using(isa):
            assert_same(run(steps, x, key_tensor(at)), expected, isa)


@EXAMPLES
@given(
    case=st.sampled_from([(1,), (3,), (2, 3), (3, 1)]).flatmap(
        lambda leading: strategies.cases(leading=leading)
    ),
    memory=st.sampled_from([*MEMORY]),
)
def test_a_key_for_each_sample(case, memory):
    """Images and videos, on one thread and two."""
    steps, image = case
    where = places(len(image.data))
    x, expected = bitwise(MEMORY[memory])(to_tensor(image)), expected_batch(steps, image, where)
    for isa in ISAS:
        for threads in (1, 2):
            with using(isa, threads):
                assert_same(run(steps, x, key_tensor(where)), expected, (isa, threads))


@FEWER
@given(
    case=st.sampled_from([(1,), (3,), (2, 3)]).flatmap(
        lambda leading: strategies.cases(leading=leading)
    ),
    at=strategies.COORDINATES,
    memory=st.sampled_from([*MEMORY]),
)
def test_one_key_for_a_batch_or_a_video(case, at, memory):
    """One draw of the parameters for all; the elements count through the leading dimensions."""
    steps, image = case
    x, expected = bitwise(MEMORY[memory])(to_tensor(image)), reference.run(steps, image, at)
    for isa in ISAS:
        with using(isa):
            assert_same(run(steps, x, key_tensor(at)), expected, isa)


@FEWER
@given(case=strategies.cases(), count=st.integers(1, 4))
def test_expanded_batches(case, count):
    """Samples that share their memory."""
    steps, image = case
    repeated = Image(np.stack([image.data] * count), image.dtype)
    x, where = to_tensor(image).expand(count, *image.data.shape), places(count)
    expected = expected_batch(steps, repeated, where)
    for isa in ISAS:
        with using(isa):
            assert_same(run(steps, x, key_tensor(where)), expected, isa)


@FEWER
@given(case=strategies.cases(leading=(2,)), layout=st.integers(0, 2), innermost=st.booleans())
def test_layouts(case, layout, innermost):
    """The layout asked for changes the memory, never the values."""
    steps, image = case
    where, x = places(2), to_tensor(image)
    x = bitwise(channels_last)(x) if innermost else x
    compiled = compile_steps(placed(steps), x.dtype)
    made = apply.run(compiled, x, key_tensor(where), layout)
    assert_same(made, expected_batch(steps, image, where), layout)
    if compiled and layout == ops.CONTIGUOUS:
        assert made.is_contiguous()
    if compiled and layout == ops.CHANNELS_LAST:
        assert made.is_contiguous(memory_format=torch.channels_last)


@FEWER
@given(case=strategies.cases(leading=(2,)), memory=st.sampled_from([*MEMORY]))
def test_writing_into_a_buffer(case, memory):
    steps, image = case
    where, x = places(2), to_tensor(image)
    expected = expected_batch(steps, image, where)
    out = bitwise(MEMORY[memory])(torch.zeros_like(to_tensor(expected)))
    for isa in ISAS:
        with using(isa):
            out.zero_()
            run(steps, x, key_tensor(where), out=out)
        assert_same(out, expected, isa)


@FEWER
@given(data=st.data(), dtype=st.sampled_from([*DTYPES]), channels=st.integers(1, 4))
def test_lists_of_images_of_different_sizes(data, dtype, channels):
    """A crop at the end gives all of them one size; the batch is that of each image alone."""
    sizes = data.draw(
        st.lists(st.tuples(strategies.HEIGHTS, strategies.WIDTHS), min_size=1, max_size=4)
    )
    images = [strategies.picture(i, (channels, *size), dtype) for i, size in enumerate(sizes)]
    changes = data.draw(strategies.steps(channels, (1, 1), dtype, moves=("horizontal_flip",)))
    steps = [("random_crop", {"size": (6, 7), "pad_if_needed": True, "mode": "edge"}), *changes]
    tensors, where = [to_tensor(image) for image in images], places(len(images))
    tensors[::2] = map(bitwise(channels_last), tensors[::2])
    each = [reference.run(steps, image, at) for image, at in zip(images, where, strict=True)]
    expected = Image(np.stack([one.data for one in each]), each[0].dtype)
    for isa in ISAS:
        with using(isa, 2):
            assert_same(run(steps, tensors, key_tensor(where)), expected, isa)
            out = torch.zeros_like(to_tensor(expected))
            run(steps, tensors, key_tensor(where), out=out)
            assert_same(out, expected, isa)


@pytest.mark.parametrize("dtype", DTYPES)
def test_images_without_channels(dtype):
    """[H, W] is an image of one channel, and [N, H, W] with N keys N of them."""
    image, where = strategies.picture(1, (3, 1, 8, 21), dtype), places(3)
    steps = [("random_crop", {"size": (7, 19)}), ("gaussian_noise", {})]
    expected = expected_batch(steps, image, where)
    made = run(steps, to_tensor(image)[:, 0], key_tensor(where))
    assert_same(made[:, None], expected, "batch")
    one = run(steps, to_tensor(image)[0, 0], key_tensor(where[0]))
    assert_same(one[None, None], Image(expected.data[:1], expected.dtype), "one")


@pytest.mark.parametrize("dtype", [torch.bool, torch.int16, torch.int64, torch.float64])
@examples(30)
@given(data=st.data())
def test_geometry_of_other_types(dtype, data):
    """Programs that only move take any type: the reference moves the indices of the pixels."""
    size = (2, 7, 19)
    numbers = np.arange(np.prod(size), dtype=np.float32).reshape(size)
    steps = data.draw(strategies.steps(2, size[1:], "float32", changes=()))
    steps = [(name, args | {"fill": -1} if "fill" in args else args) for name, args in steps]
    where = places(1)[0]
    indices = reference.run(steps, Image(numbers + 1, "float32"), where).data
    moves = [(name, args | {"fill": 0} if "fill" in args else args) for name, args in steps]
    x = torch.from_numpy(np.random.default_rng(0).integers(-(2**40), 2**40, size)).to(dtype)
    source = np.concatenate([[0], x.numpy().reshape(-1)])
    expected = source[np.maximum(indices, 0).astype(np.int64)]
    assert np.array_equal(run(moves, x, key_tensor(where)).numpy(), expected)


# --- Found by searching ---

NANS = {
    "float16": np.array([0x7E01, 0xFE00, 0x7C01, 0xFFFF], np.uint16),
    "bfloat16": np.array([0x7FC1, 0xFFC0, 0x7F81, 0xFFFF], np.uint16),
    "float32": np.array([0x7FC00001, 0xFFC00000, 0x7F800001, 0xFFFFFFFF], np.uint32),
}
COMPUTING = {
    "to float16": [("to_dtype", {"dtype": "float16"})],
    "to bfloat16": [("to_dtype", {"dtype": "bfloat16"})],
    "to float32": [("to_dtype", {"dtype": "float32"})],
    "clamp": [("clamp", {"low": 0, "high": 1})],
    "normalize": [("normalize", {"mean": (0.5,), "std": (0.5,)})],
    "noise": [("gaussian_noise", {})],
}


@pytest.mark.parametrize("steps", COMPUTING.values(), ids=COMPUTING)
@pytest.mark.parametrize("dtype", NANS)
def test_nans_become_canonical(steps, dtype):
    """Quiet or signalling, of any sign and payload; conversion to the same type is nothing."""
    data = np.tile(NANS[dtype], 20).reshape(1, 1, 80).view(STORAGE[dtype])
    image, at = Image(data, dtype), places(1)[0]
    expected = reference.run(steps, image, at)
    for isa in ISAS:
        with using(isa):
            assert_same(run(steps, to_tensor(image), key_tensor(at)), expected, isa)
