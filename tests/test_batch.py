"""A sample's result is its own: batch, order, threads and memory change nothing of it."""

import pytest
import torch
from reference.bridge import ISAS, key_tensor, run, using
from reference.strategies import picture
from reference.stream import Coordinates

import seedaug
from seedaug import functional as F

COUNT = 24
PROGRAM = [
    ("random_crop", {"size": (33, 37), "padding": (3, 3, 3, 3), "mode": "reflect"}),
    ("horizontal_flip", {}),
    ("vertical_flip", {}),
    ("normalize", {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.25, 0.3)}),
    ("gaussian_noise", {"sigma": 0.1, "clip": False}),
    ("to_dtype", {"dtype": "float16"}),
]


@pytest.fixture(scope="module")
def keys():
    return key_tensor([Coordinates(seed=11, epoch=2, index=100 + i) for i in range(COUNT)])


@pytest.fixture(scope="module", params=["uint8", "float32"])
def images(request):
    return torch.from_numpy(picture(1, (COUNT, 3, 36, 40), request.param).data.copy())


@pytest.fixture(scope="module")
def expected(images, keys):
    with using("scalar", 1):
        return run(PROGRAM, images, keys).view(torch.int16)


def same(made, expected):
    return torch.equal(made.contiguous().view(torch.int16), expected)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_threads_instruction_sets_and_memory(images, keys, expected, isa, threads, memory_format):
    with using(isa, threads):
        made = run(PROGRAM, images.contiguous(memory_format=memory_format), keys)
    assert same(made, expected)


def test_permuted(device, images, keys, expected):
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(0))
    made = run(PROGRAM, images[order].to(device), keys[order].to(device)).cpu()
    assert same(made, expected[order])


@pytest.mark.parametrize("size", [1, 5, 7])
def test_split(device, images, keys, expected, size):
    parts = zip(images.to(device).split(size), keys.to(device).split(size), strict=True)
    made = [run(PROGRAM, part, part_keys) for part, part_keys in parts]
    assert same(torch.cat(made).cpu(), expected)


def test_one_by_one(device, images, keys, expected):
    """Each with its key alone, as a dataset would."""
    pairs = zip(images.to(device), keys.to(device), strict=True)
    made = [run(PROGRAM, image, key) for image, key in pairs]
    assert same(torch.stack(made).cpu(), expected)


def test_list(device, images, keys, expected):
    made = run(PROGRAM, list(images.to(device)), keys.to(device)).cpu()
    assert same(made, expected)


def test_a_key_object_is_its_tensor(images, keys, expected):
    at = seedaug.Key.unpack(keys[3])
    assert same(run(PROGRAM, images[3], at), expected[3])


@pytest.mark.parametrize("isa", ISAS)
def test_one_large_image_over_threads(isa):
    """Large enough to be divided among threads within the sample."""
    image = torch.from_numpy(picture(2, (3, 331, 517), "uint8").data.copy())
    key, program = key_tensor(Coordinates(seed=1)), [("gaussian_noise", {}), PROGRAM[1]]
    results = []
    for threads in (1, 2, 3):
        with using(isa, threads):
            results.append(run(program, image, key))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


@pytest.mark.parametrize("fill", [F.words, F.uniform, F.normal])
def test_fills(device, fill, keys):
    """Rows are those of each key alone, and a longer row begins as a shorter one."""
    filled = fill(keys.to(device), 1003).cpu()
    assert torch.equal(torch.stack([fill(key, 1003) for key in keys]), filled)
    assert torch.equal(fill(keys, (17, 59)).flatten(1), filled)
    assert torch.equal(fill(keys, 77), filled[:, :77])
