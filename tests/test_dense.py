"""Tensors that are no plain memory: each is refused by name, and nothing is written."""

import warnings

import numpy as np
import pytest
import torch

import seedaug
from seedaug import Key, keys, sample
from seedaug import functional as F
from seedaug.transforms.kinds import register_kind
from seedaug.transforms.stream import Stream

K, KEYS = Key(), keys(index=range(4))
CROP = seedaug.RandomCrop(4)
NOISE = seedaug.Compose([seedaug.RandomCrop(4), seedaug.GaussianNoise()])
X = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Same(seedaug.Transform):
    kind = register_kind("same", 119)

    def transform(self, image, params):
        return image


def nested(*sizes, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls them a prototype
        return torch.nested.nested_tensor([torch.rand(size) for size in sizes], **options)


def negated(shape):
    """A view of plain memory that torch negates when it reads it."""
    view = torch.zeros(shape, dtype=torch.complex64).conj().imag
    assert view.is_neg()
    return view


PLAIN_NEEDED = {
    "nested": (lambda: nested((3, 8, 8), (3, 9, 8), (3, 8, 8), (3, 8, 8)), "nested"),
    "jagged": (lambda: nested((3, 8), (5, 8), layout=torch.jagged), "nested"),
    "quantized": (lambda: torch.quantize_per_tensor(X, 0.1, 0, torch.quint8), "quantized one"),
    "coo": (lambda: X.to_sparse(), "layout torch.sparse_coo; pass x.to_dense"),
    "csr": (lambda: X[0, 0].to_sparse_csr(), "layout torch.sparse_csr"),
    "mkldnn": (lambda: X.to_mkldnn(), "layout torch._mkldnn"),
}


@pytest.mark.parametrize("transform", [CROP, seedaug.Compose([CROP, CROP]), Same()])
@pytest.mark.parametrize("name", PLAIN_NEEDED)
@pytest.mark.parametrize("under", ["key", "keys", "context", "sample"])
def test_inputs(name, transform, under):
    make, match = PLAIN_NEEDED[name]
    x = make()
    if under == "keys" and name in ("csr", "jagged"):
        match = f"{match}|4 keys need|4 samples"  # which too is right
    call = {
        "key": lambda: transform(x, keys=K),
        "keys": lambda: transform(x, keys=KEYS),
        "context": lambda: transform(x),
        "sample": lambda: transform({"image": x, "label": 3}, keys=K),
    }[under]
    with sample(K), pytest.raises((TypeError, ValueError), match=match):
        call()


@pytest.mark.parametrize("name", ["quantized", "coo", "mkldnn"])
def test_lists(name):
    make, match = PLAIN_NEEDED[name]
    x = make()
    one = x if name == "mkldnn" else x[0]
    images = [X[0].to_mkldnn() if name == "mkldnn" else one] * 4
    with pytest.raises(TypeError, match=match):
        CROP(images, keys=KEYS)


@pytest.mark.parametrize("transform", [CROP, NOISE])
@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: negated((4, 3, 4, 4)), ValueError, "a view that negates it"),
        (lambda: torch.empty(4, 3, 4, 4, device="meta"), ValueError, "input, cpu, got meta"),
        (lambda: torch.empty(4, 3, 4, 4).to_sparse(), TypeError, "out must be a plain tensor"),
        (lambda: torch.empty(4, 3, 4, 4).to_mkldnn(), TypeError, "layout torch._mkldnn"),
        (lambda: nested(*[(3, 4, 4)] * 4), TypeError, "out must be a plain .* nested"),
        (lambda: torch.empty(1, 3, 4, 4).expand(4, 3, 4, 4), ValueError, "an element twice"),
        (lambda: X[:, :, :4, :4], ValueError, "share memory with the input"),
        (lambda: torch.zeros(4, 3, 4, 4).requires_grad_(), ValueError, "a gradient is recorded"),
        (lambda: torch.zeros(4, 3, 4, 4, dtype=torch.float64), ValueError, "dtype of the result"),
        (lambda: torch.zeros(4, 3, 4, 4, dtype=torch.complex64), ValueError, "dtype of the"),
        (lambda: np.zeros((4, 3, 4, 4), np.float32), TypeError, "out must be a tensor"),
    ],
)
def test_results(make, error, match, transform):
    before = X.clone()
    for x, k in ((X, KEYS), ([*X], KEYS), (X, K)):
        out = make()
        kept = out.clone() if error is ValueError and not out.is_meta else None
        with pytest.raises(error, match=match):
            transform(x, keys=k, out=out)
        assert kept is None or torch.equal(kept.isnan(), out.isnan())
    assert torch.equal(X, before)


def test_inputs_that_torch_negates_when_it_reads_them():
    x = torch.complex(torch.zeros_like(X), X).conj().imag
    flip = seedaug.RandomHorizontalFlip()
    assert x.is_neg()
    assert torch.equal(flip(x, keys=KEYS), flip(x.resolve_neg(), keys=KEYS))
    out = torch.empty_like(X)
    assert torch.equal(flip(x, keys=KEYS, out=out), flip(x.resolve_neg(), keys=KEYS))


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: KEYS.to_sparse(), TypeError, "keys must be a plain tensor, .*sparse_coo"),
        (lambda: KEYS[0].to_sparse(), TypeError, "keys must be a plain tensor, .*sparse_coo"),
        (lambda: nested((3,), (3,)).long(), TypeError, "keys must be a plain tensor, got a nested"),
        (lambda: torch.tensor(3), ValueError, r"\[3\] or \[N, 3\], got \[\]"),
    ],
)
@pytest.mark.parametrize("call", [
    lambda k: CROP(X, keys=k), lambda k: CROP.params(k, (8, 8)), lambda k: F.normal(k, 3),
    lambda k: Same()(X, keys=k), lambda k: CROP([*X], keys=k),
])  # fmt: skip
def test_keys(make, error, match, call):
    with pytest.raises(error, match=match):
        call(make())


def test_keys_without_values():
    for k in (KEYS.to("meta"), KEYS[0].to("meta")):
        for one in (CROP, seedaug.Compose([CROP, Same()]), Same()):
            with pytest.raises(ValueError, match=r"keys .*on the meta device"):
                one.params(k, (8, 8))
    with pytest.raises(ValueError, match="a packed key must have values"):
        Key.unpack(K.tensor("meta"))
    with pytest.raises(TypeError, match="index must be an integer"):
        Key(index=torch.zeros(1, dtype=torch.int64, device="meta"))
    with pytest.raises(ValueError, match="index must have values"):
        keys(index=torch.zeros(1, dtype=torch.int64, device="meta"))
    with pytest.raises(TypeError, match="index must be a plain tensor"):
        keys(index=torch.tensor([1]).to_sparse())


@pytest.mark.parametrize("transform", [CROP, seedaug.Pad(1), seedaug.RandomVerticalFlip(), Same()])
@pytest.mark.parametrize("size", [(2**31, 8), (8, 2**63), (2**64, 8), (8, 10**30), (-1, 8), (0, 8)])
def test_sizes_of_params(transform, size):
    for one in (transform, seedaug.Compose([transform])):
        with pytest.raises(ValueError, match=r"params: size must be from 1 to 2\*\*31 - 1, got"):
            one.params(K, size)


def test_sizes_of_params_that_the_operator_refuses():
    with pytest.raises(ValueError, match=r"^height and width must be at most 536870911, got"):
        CROP.params(K, (2**31 - 1, 8))
    for pad in (seedaug.Pad([0, -1, 0, -1]), seedaug.Compose([seedaug.Pad([0, -1, 0, -1])])):
        with pytest.raises(ValueError, match=r"^Pad: the padded image would be 0x54"):
            pad.params(K, size=(2, 54))


@pytest.mark.parametrize("shape", [2**34, 2**63, 10**30, (2**40, 2**40), (2**40, 2**40, 0)])
@pytest.mark.parametrize("draw", [F.words, F.uniform, F.normal])
def test_more_numbers_than_a_stream_has(draw, shape):
    with pytest.raises(ValueError, match="one stream has at most 17179869120 elements, got shape"):
        draw(K, shape)


@pytest.mark.parametrize("name", ["words", "uniforms", "normals", "integers"])
@pytest.mark.parametrize("n", [-1, 2**35, 2**70, 1.5, True, "3", None])
def test_counts_of_a_stream(name, n):
    draw = getattr(Stream(K.packed(), 96, 0), name)
    integer = isinstance(n, int) and n is not True
    with pytest.raises(ValueError if integer else TypeError, match=r"^n must be"):
        draw(n)


def test_results_that_no_memory_holds():
    with pytest.raises(RuntimeError, match=r"no memory for a result of \[3, 536870911, 536870911"):
        seedaug.RandomCrop(2**29 - 1, pad_if_needed=True)(X[0], keys=K)


@pytest.mark.parametrize(
    ("array", "match"),
    [
        (np.ma.zeros((8, 8, 3)), "would lose its mask"),
        (np.zeros((8, 8, 3), ">f4"), "dtype >f4 is not supported"),
        (np.empty((8, 8, 3), object), "dtype object is not supported"),
    ],
)
def test_arrays(array, match):
    with pytest.raises(TypeError, match=match):
        CROP(array, keys=K)
