"""Batches made at once, whatever a dataset or a user does; errors are those of single samples."""

import numpy as np
import pytest
import torch
from batch_fixtures import (
    COUNT,
    IMAGES,
    LABELS,
    OPEN,
    SIZE,
    Items,
    array,
    content,
    full,
    one_by_one,
    pair,
    ragged,
)
from torch.utils.data import Subset, TensorDataset, default_collate

import seedaug


def test_a_dataset_that_reads_into_the_same_memory():
    frame, array_frame = torch.empty_like(IMAGES[0]), np.empty((SIZE, 24, 3), dtype=np.uint8)

    def tensor(i):
        return frame.copy_(IMAGES[i]), i

    def shared(i):
        np.copyto(array_frame, array(i)[0])
        return torch.from_numpy(array_frame).permute(2, 0, 1), i

    def arrays(i):
        np.copyto(array_frame, array(i)[0])
        return array_frame, i

    for make in (tensor, shared, arrays):
        dataset = seedaug.SeededDataset(Items(make), 1, full() if make is not arrays else OPEN)
        (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
        assert content(found) == content(one_by_one(dataset, range(COUNT)))


def test_a_target_transform_that_writes_into_the_image():
    def aliased(i):
        image = IMAGES[i].clone()
        return image, image

    dataset = seedaug.SeededDataset(
        Items(aliased), 1, full(), target_transform=lambda image: image.zero_().sum()
    )
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert content(found) == content(one_by_one(dataset, range(COUNT)))


def test_a_transform_that_is_made_for_each_sample():
    def louder(image):
        return seedaug.GaussianNoise(sigma=float(image[0, 0, 0]), clip=False)(image.float())

    transform = seedaug.Compose([louder, seedaug.RandomCrop(16)])
    dataset = seedaug.SeededDataset(Items(pair), 1, transform)
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert content(found) == content(one_by_one(dataset, range(COUNT)))


def test_samples_for_a_collate_function_are_ordinary():
    flip = seedaug.RandomHorizontalFlip(1.0)

    def flipped(samples):
        assert all(type(sample) is tuple for sample in samples)
        return default_collate([flip(sample, seedaug.Key()) for sample in samples])

    dataset = seedaug.SeededDataset(Items(pair), 1, full())
    ((images, _),) = seedaug.DataLoader(dataset, batch_size=COUNT, collate_fn=flipped)
    expected = one_by_one(dataset, range(COUNT))[0].flip(-1)
    assert torch.equal(images, expected)
    for sample in dataset.__getitems__([0, 1]):
        sample[0].mul_(torch.ones(1, requires_grad=True))
        sample[0].unsqueeze_(0)
        assert sample[0].requires_grad


def test_a_collate_function_that_is_set_later():
    loader = seedaug.DataLoader(seedaug.SeededDataset(Items(pair), 1, full()), batch_size=COUNT)
    loader.collate_fn = lambda samples: [image.float() for image, _ in samples]
    (found,) = loader
    assert len(found) == COUNT


def test_a_subclass_that_changes_batches():
    class Doubled(seedaug.SeededDataset):
        def __getitems__(self, indices):
            return [(image * 2, label) for image, label in super().__getitems__(indices)]

    for data in (Items(pair), TensorDataset(IMAGES, LABELS)):
        dataset = Doubled(data, 1, full())
        ((images, _),) = seedaug.DataLoader(dataset, batch_size=COUNT)
        assert torch.equal(images, 2 * torch.stack([dataset[i][0] for i in range(COUNT)]))


def test_a_collation_of_the_users(monkeypatch):
    from torch.utils.data._utils.collate import default_collate_fn_map

    def floats(batch, *, collate_fn_map=None):
        return torch.stack(batch).float()

    monkeypatch.setitem(default_collate_fn_map, torch.Tensor, floats)
    dataset = seedaug.SeededDataset(Items(pair), 1, OPEN)
    ((images, _),) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert images.dtype == torch.float32


def registered(worker):
    from torch.utils.data._utils.collate import default_collate_fn_map

    default_collate_fn_map[torch.Tensor] = lambda batch, **_: torch.stack([*batch]).float()


def test_a_collation_registered_in_the_worker():
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES), 1, OPEN)
    loader = seedaug.DataLoader(
        dataset,
        batch_size=COUNT,
        num_workers=1,
        worker_init_fn=registered,
        multiprocessing_context="fork",
    )
    ((images,),) = loader
    assert images.dtype == torch.float32


class Described(dict):
    """A sample that looks at its image when it is made."""

    def __init__(self, image, label):
        super().__init__(image=image, label=label, width=image.shape[-1])


torch.utils._pytree.register_pytree_node(
    Described,
    lambda sample: ([sample["image"], sample["label"]], None),
    lambda parts, _: Described(*parts),
)


def test_samples_of_the_users_own_making():
    dataset = seedaug.SeededDataset(Items(lambda i: Described(*pair(i))), 1, transforms=OPEN)
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert found["width"].tolist() == [16] * COUNT
    assert torch.equal(found["image"], one_by_one(dataset, range(COUNT))["image"])


@pytest.mark.parametrize("data", [Items(pair), TensorDataset(IMAGES, LABELS)])
def test_another_default_device(data):
    dataset = seedaug.SeededDataset(data, 1, full(), return_key=True)
    expected = one_by_one(dataset, range(COUNT))
    for workers in (0, 1):
        loader = seedaug.DataLoader(dataset, batch_size=COUNT, num_workers=workers)
        passing = iter(loader)
        with torch.device("meta"):
            found = next(passing)
        assert content(found[0]) == content(expected[0])


class Mine(torch.Tensor):
    """A type of the user's."""


@pytest.mark.parametrize("make", ["items", "tensors"])
def test_tensor_types_of_the_users(make):
    mine = IMAGES.as_subclass(Mine)
    data = TensorDataset(mine) if make == "tensors" else Items(lambda i: (mine[i],))
    dataset = seedaug.SeededDataset(data, 1, full())
    for (one,), wanted in zip(dataset.__getitems__([0, 1]), (dataset[0], dataset[1]), strict=True):
        assert type(one) is type(wanted[0])


@pytest.mark.parametrize("shape", [(), (5,)])
def test_images_of_too_few_dimensions(shape):
    dataset = seedaug.SeededDataset(Items(lambda i: (torch.zeros(shape), i)), 1, OPEN)
    with pytest.raises(ValueError, match=r"shape|dimension") as found:
        next(iter(seedaug.DataLoader(dataset, batch_size=2)))
    with pytest.raises(ValueError, match=r"shape|dimension") as wanted:
        dataset[0]
    assert str(found.value) == str(wanted.value)


# --- Errors are those of samples made one by one ---


@pytest.mark.parametrize("data", [Items(pair), TensorDataset(IMAGES, LABELS)])
def test_a_crop_that_is_too_large_names_the_sample(data):
    dataset = seedaug.SeededDataset(data, 0, seedaug.RandomCrop(30))
    with pytest.raises(ValueError, match="30, 30") as found:
        next(iter(seedaug.DataLoader(dataset, batch_size=4)))
    if hasattr(found.value, "__notes__"):
        assert "index=0" in found.value.__notes__[0]


def test_the_sample_that_fails_is_named():
    def sometimes_small(i):
        return IMAGES[i, :, : 8 if i == 3 else None], i

    dataset = seedaug.SeededDataset(Items(sometimes_small), 0, seedaug.RandomCrop(16))
    with pytest.raises(ValueError, match="16, 16") as found:
        next(iter(seedaug.DataLoader(dataset, batch_size=8)))
    if hasattr(found.value, "__notes__"):
        assert "index=3" in found.value.__notes__[0]


def test_images_of_many_sizes_need_a_crop():
    dataset = seedaug.SeededDataset(Items(ragged), 0, seedaug.RandomHorizontalFlip())
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        next(iter(seedaug.DataLoader(dataset, batch_size=8)))


@pytest.mark.parametrize("data", [TensorDataset(IMAGES), Subset(TensorDataset(IMAGES), [0, 99])])
def test_an_index_out_of_range(data):
    dataset = seedaug.SeededDataset(data, 0, full())
    with pytest.raises(IndexError):
        dataset.__getitems__([0, COUNT if isinstance(data, TensorDataset) else 1])


def test_an_index_from_the_end():
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES), 0, full())
    assert content(dataset.__getitems__([-1, 2])[0]) == content(dataset[COUNT - 1])


def test_no_samples():
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES), 0, full())
    assert dataset.__getitems__([]) == []


def test_gradients_are_left_to_single_samples():
    images = (IMAGES.float() / 255).requires_grad_()
    dataset = seedaug.SeededDataset(TensorDataset(images), 0, full())
    (batch,) = next(iter(seedaug.DataLoader(dataset, batch_size=4)))
    batch.sum().backward()
    assert images.grad is not None
