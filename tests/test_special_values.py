"""NaN and signed zeros: moved bit for bit by geometry; NaN is canonical after any arithmetic."""

import itertools

import pytest
import torch

import seedaug

KEY = seedaug.Key(seed=1)
OPS = torch.ops.seedaug
ISAS = seedaug._core.config()["isas_available"]
# Signalling and quiet, of both signs, with payloads.
PATTERNS = {
    torch.float16: (torch.int16, [0x7C01, 0xFE05 - 0x10000, 0x7FFF]),
    torch.bfloat16: (torch.int16, [0x7F81, 0xFFC1 - 0x10000, 0x7FFF]),
    torch.float32: (torch.int32, [0x7F800001, 0xFFC12345 - 0x100000000, 0x7FFFFFFF]),
}
CANONICAL = {torch.float16: 0x7E00, torch.bfloat16: 0x7FC0, torch.float32: 0x7FC00000}


@pytest.fixture(params=ISAS)
def isa(request):
    before = seedaug._core.config()["isa"]
    OPS.use_isa(request.param)
    yield request.param
    OPS.use_isa(before)


def nans(dtype, count):
    integer, patterns = PATTERNS[dtype]
    return torch.tensor((patterns * count)[:count], dtype=integer).view(dtype).reshape(1, 1, count)


def bits(x):
    return x.view(PATTERNS[x.dtype][0])


@pytest.mark.parametrize("dtype", list(PATTERNS))
def test_geometry_keeps_the_bits(isa, dtype):
    x = nans(dtype, 37)
    flipped = seedaug.RandomHorizontalFlip(p=1.0)(x, KEY)
    assert torch.equal(bits(flipped), bits(x).flip(-1))


@pytest.mark.parametrize("count", [1, 3, 37])
@pytest.mark.parametrize(("dtype", "to"), list(itertools.permutations(PATTERNS, 2)))
def test_conversion_makes_them_canonical(isa, dtype, to, count):
    x = nans(dtype, count)
    pad = seedaug.Pad((1, 0), padding_mode="edge")  # repeats a pixel: another loop
    fused = seedaug.Compose([pad, seedaug.ToDtype(to)])(x, KEY)
    apart = pad(seedaug.ToDtype(to)(x, KEY), KEY)
    assert set(bits(fused).flatten().tolist()) == {CANONICAL[to]}
    assert torch.equal(bits(fused), bits(apart))


@pytest.mark.parametrize("dtype", list(PATTERNS))
def test_arithmetic_makes_them_canonical(isa, dtype):
    x = nans(dtype, 37)
    for step in (seedaug.Normalize([0.5], [0.5]), seedaug.GaussianNoise(sigma=0.1)):
        assert set(bits(step(x, KEY)).flatten().tolist()) == {CANONICAL[dtype]}


LARGEST = torch.finfo(torch.float32).max


@pytest.mark.parametrize(
    "noises",
    [
        [(0.0, 3e38)],
        [(0.0, LARGEST)],
        [(-LARGEST, 1e37)],
        [(0.0, 3e38), (0.0, 0.1)],
        [(0.0, 0.1), (LARGEST, LARGEST)],
    ],
)
@pytest.mark.parametrize("output", list(PATTERNS))
def test_noise_that_overflows_makes_them_canonical(isa, noises, output):
    """An infinity of Normalize (or of an earlier noise) and one of the other sign in the noise."""
    x = torch.full((3, 16, 32), 255, dtype=torch.uint8)
    steps = [seedaug.Normalize([-7.99] * 3, [2.0**-125] * 3)]
    steps += [seedaug.GaussianNoise(mean, sigma, clip=False) for mean, sigma in noises]
    y = seedaug.Compose([*steps, seedaug.ToDtype(output)])(x, KEY)
    nans = bits(y)[y.isnan()]
    assert len(nans) > 0
    assert set(nans.tolist()) == {CANONICAL[output]}


def test_noise_within_bounds_makes_none(isa):
    """Twice, which alone is no reason to look for NaN: infinities stay what they are."""
    x = torch.full((3, 16, 32), 255, dtype=torch.uint8)
    noise = seedaug.GaussianNoise(1e37, 5.4e37, clip=False)  # |mean| + 6 sigma < the largest float
    y = seedaug.Compose([seedaug.Normalize([-7.99] * 3, [2.0**-125] * 3), noise, noise])(x, KEY)
    assert y.isinf().all()


@pytest.mark.parametrize("dtype", list(PATTERNS))
def test_as_bytes_they_are_zero(isa, dtype):
    y = seedaug.ToDtype(torch.uint8, scale=True)(nans(dtype, 37), KEY)
    assert not y.any()


def test_a_fill_keeps_its_sign_of_zero():
    x = torch.ones(2, 1, 2)
    y = seedaug.Pad((1, 0, 0, 0), fill=(0.0, -0.0))(x, KEY)
    assert bits(y)[:, 0, 0].tolist() == [0, -(2**31)]


@pytest.mark.parametrize("mean", [0.0, -0.0])
def test_kept_programs_tell_zeros_apart(mean):
    x = torch.full((1, 1, 8), -0.0)
    step = seedaug.Normalize([mean], [1.0])
    with seedaug.sample(KEY):
        kept = step(x)  # in a sample, programs are kept by number
    assert torch.equal(bits(kept), bits(step(x, KEY)))


def test_flushing_subnormals_changes_nothing():
    x = torch.full((1, 2, 8), 1e-40)
    noise = seedaug.GaussianNoise(sigma=1e-39, clip=False)
    step = seedaug.Compose([seedaug.Normalize([1e-39], [1.0]), noise])
    plain = step(x, KEY)
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormals")
    try:
        with seedaug.sample(KEY):
            flushed = step(x)
    finally:
        torch.set_flush_denormal(False)
    assert torch.equal(bits(flushed), bits(plain))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_gradients_of_float64(mode):
    x = torch.rand(2, 5, 6, dtype=torch.float64, requires_grad=True)
    move = seedaug.RandomCrop(6, padding=2, padding_mode=mode)
    flip = seedaug.RandomHorizontalFlip(p=1.0)
    assert torch.autograd.gradcheck(lambda t: flip(move(t, KEY), KEY), (x,))
