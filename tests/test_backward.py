"""The gradient of a program against a dense adjoint made by the reference."""

import numpy as np
import pytest
import reference
import torch
from hypothesis import given
from hypothesis import strategies as st
from reference import strategies
from reference.bridge import ISAS, key_tensor, placed, run, using
from reference.pixels import Image
from reference.program import MOVES
from reference.strategies import examples

from seedaug import ops
from seedaug.schema import encode

EXAMPLES = examples(60)
LINEAR = ("normalize", "gaussian_noise")
EPSILON = {torch.float32: 2.0**-22, torch.float16: 2.0**-9, torch.bfloat16: 2.0**-6}


def adjoint(steps, gradient, size, at):
    """What scatters a gradient [C, h, w] back to [C, H, W], in float64."""
    scale = np.ones((size[0], 1, 1))
    for name, arguments in steps:
        if name == "normalize":
            scale = scale / np.reshape(arguments["std"], (-1, 1, 1))
    moves = [
        (name, arguments | {"fill": -1} if "fill" in arguments else arguments)
        for name, arguments in steps
        if name in MOVES
    ]
    numbers = np.arange(1, np.prod(size) + 1, dtype=np.float32).reshape(size)
    # 0 and below is outside: a centre crop pads with 0, the others with -1.
    sources = reference.run(moves, Image(numbers, "float32"), at).data.astype(np.int64) - 1
    result = np.zeros(int(np.prod(size)))
    inside = sources >= 0
    np.add.at(result, sources[inside], (gradient * scale)[inside])
    return result.reshape(size)


@st.composite
def linear_cases(draw):
    """(steps, size): moves, then normalisations and noise without clip."""
    size = (draw(st.integers(1, 3)), draw(strategies.HEIGHTS), draw(strategies.WIDTHS))
    steps = draw(strategies.steps(size[0], size[1:], "float32", changes=LINEAR))
    steps = [
        (name, arguments | {"clip": False} if name == "gaussian_noise" else arguments)
        for name, arguments in steps
    ]
    return [s for s in steps if s[0] in MOVES] + [s for s in steps if s[0] not in MOVES], size


@EXAMPLES
@given(
    case=linear_cases(),
    dtype=st.sampled_from([*EPSILON]),
    seed=st.integers(0, 2**32),
    innermost=st.booleans(),
)
def test_backward(case, dtype, seed, innermost):
    steps, size = case
    places = [reference.Coordinates(seed=seed, index=i) for i in range(3)]
    keys, (program, values) = key_tensor(places), encode(placed(steps))
    shape = run(steps, torch.zeros(3, *size), keys).shape
    gradient = torch.from_numpy(np.random.default_rng(seed).integers(-8, 9, shape)).to(dtype)
    expected = np.stack(
        [
            adjoint(steps, one, size, at)
            for one, at in zip(gradient.double().numpy(), places, strict=True)
        ]
    )
    if innermost:
        gradient = gradient.contiguous(memory_format=torch.channels_last)
    for isa in ISAS:
        with using(isa, 2):
            made = ops.augment_backward(gradient, keys, program, values, [3, *size], dtype)
        error = np.abs(made.double().numpy() - expected)
        assert made.dtype == dtype
        assert (error <= EPSILON[dtype] * np.maximum(np.abs(expected), 8)).all(), isa


@pytest.mark.parametrize("dtype", EPSILON)
def test_crop_and_flips_move_gradients_exactly(device, dtype):
    steps = [("random_crop", {"size": (5, 6)}), ("horizontal_flip", {}), ("vertical_flip", {})]
    at, (program, values) = reference.Coordinates(seed=4), encode(placed(steps))
    gradient = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(0)).to(dtype)
    expected = adjoint(steps, gradient.double().numpy(), (3, 9, 11), at)
    arguments = (gradient.to(device), key_tensor(at).to(device), program, values, [3, 9, 11])
    made = ops.augment_backward(*arguments, dtype).cpu()
    assert np.array_equal(made.double().numpy(), expected)


def test_autograd_of_a_batch(device):
    steps = [("pad", {"padding": (2, 1, 2, 1), "mode": "symmetric"}), ("horizontal_flip", {})]
    places = [reference.Coordinates(index=i) for i in range(4)]
    x = torch.randn(4, 2, 5, 7, device=device, requires_grad=True)
    made = run(steps, x, key_tensor(places).to(device))
    weights = torch.randint(-4, 5, made.shape).float()
    (made * weights.to(device)).sum().backward()
    for got, weight, at in zip(x.grad.cpu().numpy(), weights.numpy(), places, strict=True):
        assert np.array_equal(got, adjoint(steps, weight, (2, 5, 7), at))
