"""Key and keys: known packings, a reference in plain integers, ranges and errors."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import seedaug
from seedaug import _core
from seedaug.key import Key, keys

LIMITS = {"seed": 2**64 - 1, "epoch": 2**24 - 1, "worker": 2**20 - 1, "index": 2**40 - 1}


def counter_words(packed):
    """The five 32-bit fields of a packed key, read back from the layout in the contract."""
    seed, low, high = (word % 2**64 for word in packed)
    return seed, low % 2**32, low >> 32, high % 2**32, high >> 32


def test_native_limits_are_the_contract():
    assert LIMITS["epoch"] == _core.MAX_EPOCH
    assert LIMITS["worker"] == _core.MAX_WORKER
    assert LIMITS["index"] == _core.MAX_INDEX


@given(**{name: st.integers(0, most) for name, most in LIMITS.items()})
def test_packing_follows_the_layout(seed, epoch, worker, index):
    key = Key(seed, epoch, worker, index)
    k, c0, c1, c2, c3 = counter_words(key.packed())
    assert (k, c0, c1) == (seed, 0, index % 2**32)
    assert c2 == epoch << 8 | index >> 32
    assert c3 == worker << 12
    assert all(-(2**63) <= word < 2**63 for word in key.packed())
    assert Key.unpack(key.packed()) == key
    assert Key.unpack(key.tensor()) == key
    assert keys(*([value] for value in (seed, epoch, worker, index)))[0].tolist() == [*key.packed()]


def test_known_packing():
    top = Key(**LIMITS)
    assert top.packed() == (-1, -(2**32), -(2**44) + 2**32 - 1)
    assert Key(seed=1, epoch=2, worker=3, index=2**32 + 4).packed() == (1, 4 << 32, 3 << 44 | 513)


def test_negative_seed_is_twos_complement():
    assert Key(seed=-1) == Key(seed=2**64 - 1)
    assert keys(seed=[-1, 5]).tolist() == keys(seed=[2**64 - 1, 5]).tolist()
    assert keys(seed=torch.tensor([-1]))[0].tolist() == [*Key(seed=-1).packed()]


@pytest.mark.parametrize(
    "index", [range(4), [0, 1, 2, 3], np.arange(4, dtype=np.uint8), torch.arange(4), (0, 1, 2, 3)]
)
def test_keys_broadcasts_every_kind_of_sequence(index):
    made = keys(seed=5, epoch=np.int32(2), index=index)
    assert made.dtype == torch.int64
    assert made.tolist() == [[*Key(5, 2, 0, i).packed()] for i in range(4)]
    assert keys(seed=5, epoch=[2, 2, 2, 2], index=0).shape == (4, 3)


def test_keys_of_single_integers_and_of_nothing():
    assert keys().shape == (1, 3)
    assert keys(index=[]).shape == (0, 3)


def test_key_takes_numpy_integers_and_pickles():
    key = Key(np.uint64(2**64 - 1), np.int8(1), torch.tensor(2), np.int64(3))
    assert key == Key(2**64 - 1, 1, 2, 3)
    assert all(type(value) is int for value in (key.seed, key.epoch, key.worker, key.index))
    assert pickle.loads(pickle.dumps(key)) == key
    assert hash(key) == hash(Key(2**64 - 1, 1, 2, 3))


@pytest.mark.parametrize("name", LIMITS)
def test_out_of_range_names_the_argument(name):
    for value in (LIMITS[name] + 1, -(2**63) - 1):
        with pytest.raises(ValueError, match=rf"{name} must be from .* got {value}"):
            Key(**{name: value})
        with pytest.raises(ValueError, match=f"{name} must be from"):
            keys(**{name: [0, value]})
    if name != "seed":
        with pytest.raises(ValueError, match=f"{name} must be from 0"):
            keys(**{name: np.array([-1])})


@pytest.mark.parametrize("value", [1.0, True, np.float32(1), None, "1", torch.tensor(1.5)])
def test_no_integer_is_a_type_error(value):
    with pytest.raises(TypeError, match="epoch must be"):
        Key(epoch=value)
    with pytest.raises(TypeError, match="epoch must be"):
        keys(epoch=value)


def test_keys_errors():
    with pytest.raises(TypeError, match="index must be integers, got an array of float64"):
        keys(index=np.zeros(3))
    with pytest.raises(ValueError, match=r"must have one length .*epoch 3, .*index 2"):
        keys(epoch=[1, 2, 3], index=[1, 2])
    with pytest.raises(
        ValueError, match="index must be an integer or one-dimensional, got 2 dimensions"
    ):
        keys(index=torch.zeros(2, 2, dtype=torch.int64))


@pytest.mark.parametrize(
    ("packed", "error", "text"),
    [
        ((1, 2), ValueError, r"three int64, got shape \(2,\)"),
        (torch.zeros(2, 3, dtype=torch.int64), ValueError, r"got shape \(2, 3\)"),
        (torch.zeros(3), TypeError, "tensor of torch.float32"),
        ((0, 1, 0), ValueError, "block, kind or occurrence set"),
        ((0, 0, 32 << 32), ValueError, "block, kind or occurrence set"),
        ((2**64, 0, 0), ValueError, "three int64, got"),
        (None, TypeError, "three int64, got None"),
        (5, TypeError, "three int64, got 5"),
        ([1.0, 0.0, 0.0], TypeError, r"three int64, got \[1.0, 0.0, 0.0\]"),
        ((True, 0, 0), TypeError, r"got \(True, 0, 0\)"),
        (torch.zeros(3, dtype=torch.bool), TypeError, "tensor of torch.bool"),
        (np.zeros(3, bool), TypeError, r"got array\(\[False"),
        ("abc", TypeError, "got 'abc'"),
    ],
)
def test_unpack_errors(packed, error, text):
    with pytest.raises(error, match=text):
        Key.unpack(packed)


def test_exported():
    assert seedaug.Key is Key
    assert seedaug.keys is keys


def test_keys_are_on_the_cpu_whatever_the_default_device():
    with torch.device("meta"):
        assert Key().tensor().device.type == "cpu"
        assert keys(index=[1, 2]).device.type == "cpu"
        assert Key().tensor("meta").device.type == "meta"


def test_a_boolean_tensor_is_no_coordinate():
    with pytest.raises(TypeError, match="index must be an integer, got tensor"):
        Key(index=torch.tensor(True))
    with pytest.raises(TypeError, match="index must be an integer, got"):
        Key(index=np.array(True))
    assert Key(index=torch.tensor(3)).index == 3
