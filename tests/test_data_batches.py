"""Batches that are made at once hold the bytes that samples made one by one do."""

import collections
import copy
import operator
import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset, default_collate

import seedaug
from seedaug.data import fused, resident

COUNT, SIZE = 23, 20
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
Labelled = collections.namedtuple("Labelled", ["image", "label"])


def pictures(count=COUNT, height=SIZE, width=24, channels=3):
    keys = seedaug.keys(seed=5, index=range(count))
    words = seedaug.functional.words(keys, (channels, height, width // 4))
    return words.view(torch.uint8)


def full():
    return seedaug.Compose(
        [
            seedaug.RandomCrop(16, padding=2),
            seedaug.RandomHorizontalFlip(),
            seedaug.Normalize(MEAN, STD),
            seedaug.GaussianNoise(sigma=0.1, clip=False),
        ]
    )


class Items(Dataset):
    """Samples by a function of the index."""

    def __init__(self, make, count=COUNT):
        self.make, self.count = make, count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return self.make(index)


IMAGES, LABELS = pictures(), torch.arange(COUNT) * 3
RAGGED = [pictures(1, 18 + i % 5, 20 + 4 * (i % 3))[0] for i in range(COUNT)]


def pair(i):
    return IMAGES[i], int(LABELS[i])


def ragged(i):
    return RAGGED[i], int(LABELS[i])


def as_list(i):
    return [IMAGES[i], i]


def named(i):
    return Labelled(IMAGES[i], i)


def bare(i):
    return IMAGES[i]


def array(i):
    return IMAGES[i].permute(1, 2, 0).contiguous().numpy(), i


def grey_array(i):
    return IMAGES[i, 0].numpy(), i


def grey(i):
    return IMAGES[i, 0], i


def many_parts(i):
    return IMAGES[i], {"name": f"picture {i}", "box": torch.full((4,), i)}, str(i), None is i


def drawing(i):  # the same kind as the transform, and a number of the sample's own
    crop = seedaug.RandomCrop(19)(IMAGES[i])
    return crop, seedaug.rng().integers(1 << 30)


def drawing_unevenly(i):
    image = IMAGES[i]
    for _ in range(i % 3):
        image = seedaug.RandomHorizontalFlip()(image)
    return image, i


def mixed_dtypes(i):
    return (IMAGES[i] if i % 4 else IMAGES[i].half() / 255), i


def mixed_types(i):
    return (IMAGES[i] if i % 4 else array(i)[0]), i


def tv_image(i):
    from torchvision import tv_tensors

    return tv_tensors.Image(IMAGES[i]), i


def pil(i):
    from PIL import Image

    return Image.fromarray(array(i)[0]), i


def to_tensor(image):
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)


def brighten(image):
    return image // 2 + int(seedaug.rng().integers(60))


DATASETS = {
    "tensors": TensorDataset(IMAGES, LABELS),
    "tensors alone": TensorDataset(IMAGES),
    "a tensor": IMAGES,
    "clips": TensorDataset(IMAGES[:20].unflatten(0, (10, 2)), LABELS[:10]),
    "subset": Subset(Subset(TensorDataset(IMAGES, LABELS), range(2, COUNT)), [5, 0, 0, 7, 20, 1]),
    "subset of a tensor": Subset(IMAGES, [3, 1, 2, 2, 8, 0]),
    "float tensors": TensorDataset(IMAGES.float() / 255, LABELS),
    "strided tensors": TensorDataset(IMAGES.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)),
    **{
        make.__name__: Items(make)
        for make in (
            pair,
            ragged,
            as_list,
            named,
            bare,
            array,
            many_parts,
            drawing,
            drawing_unevenly,
            mixed_dtypes,
            tv_image,
        )
    },
}

TRANSFORMS = {
    "full": full(),
    "one": seedaug.RandomCrop(16),
    "bytes": seedaug.Compose([seedaug.RandomCrop(17), seedaug.RandomVerticalFlip(p=0.3)]),
    "half, channels_last": seedaug.Compose(
        [full()], dtype=torch.float16, memory_format=torch.channels_last
    ),
    "called first": seedaug.Compose([brighten, seedaug.RandomHorizontalFlip(), brighten, full()]),
    "called last": seedaug.Compose([full(), operator.neg]),
}


def content(batch):
    """A batch with every tensor as bytes and shape, to compare by ==."""
    if isinstance(batch, torch.Tensor):
        return str(batch.dtype), [*batch.shape], batch.contiguous().numpy().tobytes()
    if isinstance(batch, np.ndarray):
        return str(batch.dtype), [*batch.shape], batch.tobytes()
    if isinstance(batch, dict):
        return {name: content(part) for name, part in batch.items()}
    if isinstance(batch, (list, tuple)):
        plain = isinstance(batch, tuple) and not hasattr(batch, "_fields")
        return "tuple" if plain else type(batch).__name__, [content(part) for part in batch]
    return batch


def one_by_one(dataset, indices):
    return default_collate([dataset[index] for index in indices])


def made_at_once(monkeypatch):
    """Counts the batches that need no sample of their own to be transformed."""
    wholes = []
    original = fused.BatchInMaking.whole

    def whole(self):
        wholes.append(original(self))
        return wholes[-1]

    monkeypatch.setattr(fused.BatchInMaking, "whole", whole)
    return wholes


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", DATASETS)
def test_the_bytes_of_samples_made_one_by_one(name, transform, keyed):
    data = DATASETS[name]
    dataset = seedaug.SeededDataset(data, 3, TRANSFORMS[transform], return_key=keyed)
    loader = seedaug.DataLoader(dataset, batch_size=8, shuffle=True)
    order = [int(index) for index in seedaug.KeyedSampler(data, 3)]
    for epoch in range(2):
        for number, batch in enumerate(loader):
            indices = order[number * 8 : number * 8 + 8]
            dataset.set_epoch(epoch)
            assert content(batch) == content(one_by_one(dataset, indices))
        order_sampler = seedaug.KeyedSampler(data, 3)
        order_sampler.set_epoch(epoch + 1)
        order = [int(index) for index in order_sampler]
        loader.set_epoch(epoch + 1)


@pytest.mark.parametrize("name", DATASETS)
def test_a_stock_loader_gets_ordinary_samples(name):
    dataset = seedaug.SeededDataset(DATASETS[name], 3, full())
    indices = [4, 0, 5, 1]
    samples = dataset.__getitems__(indices)
    expected = [dataset[index] for index in indices]
    assert len(samples) == 4
    assert content(default_collate(samples)) == content(default_collate(expected))
    assert [content(sample) for sample in pickle.loads(pickle.dumps(samples))] == [
        content(sample) for sample in expected
    ]
    for one, other in zip(samples, expected, strict=True):
        image, wanted = (one[0], other[0]) if isinstance(other, (tuple, list)) else (one, other)
        assert type(image) is type(wanted)


@pytest.mark.parametrize(
    ("name", "at_once"),
    [
        ("pair", True),
        ("ragged", True),
        ("named", True),
        ("array", True),
        ("many_parts", True),
        ("drawing", True),
        ("tv_image", True),
        ("drawing_unevenly", True),
        ("mixed_dtypes", False),
    ],
)
def test_which_batches_are_made_at_once(name, at_once, monkeypatch):
    wholes = made_at_once(monkeypatch)
    dataset = seedaug.SeededDataset(DATASETS[name], 0, full())
    for _ in seedaug.DataLoader(dataset, batch_size=8, shuffle=True):
        pass
    assert len(wholes) == 3
    assert all((whole is not None) == at_once for whole in wholes)


def test_tensors_are_never_indexed_one_by_one(monkeypatch):
    def no(self, index):
        raise AssertionError("a sample was fetched by itself")

    dataset = seedaug.SeededDataset(TensorDataset(IMAGES, LABELS), 0, full(), return_key=True)
    expected = one_by_one(dataset, range(COUNT))
    monkeypatch.setattr(TensorDataset, "__getitem__", no)
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert content(found) == content(expected)


@pytest.mark.parametrize("make", [array, grey_array, grey, pil])
def test_other_images(make, monkeypatch):
    wholes = made_at_once(monkeypatch)
    steps = [seedaug.RandomCrop(16, padding=2), seedaug.RandomHorizontalFlip()]
    if make is pil:
        steps = [to_tensor, *steps, seedaug.Normalize(MEAN, STD)]
    dataset = seedaug.SeededDataset(Items(make), 1, seedaug.Compose(steps, dtype=torch.float32))
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert content(found) == content(one_by_one(dataset, range(COUNT)))
    assert wholes[0] is not None


def test_torchvision_compose_is_read(monkeypatch):
    pytest.importorskip("torchvision")
    from torchvision import transforms
    from torchvision.transforms import v2

    wholes = made_at_once(monkeypatch)
    steps = [brighten, seedaug.RandomCrop(16), seedaug.RandomHorizontalFlip()]
    for compose in (transforms.Compose(steps), v2.Compose(steps)):
        dataset = seedaug.SeededDataset(Items(pair), 1, compose)
        (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
        assert content(found) == content(one_by_one(dataset, range(COUNT)))
        assert wholes.pop() is not None
        compose.transforms = [seedaug.RandomCrop(12)]  # what it holds now is what counts
        (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
        assert found[0].shape == (COUNT, 3, 12, 12)


def test_labels_under_their_sample_too():
    def shift(label):
        return label + int(seedaug.rng().integers(1 << 30))

    dataset = seedaug.SeededDataset(
        Items(pair), 1, full(), target_transform=shift, return_key=True, seed_globals=True
    )
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert content(found) == content(one_by_one(dataset, range(COUNT)))


@pytest.mark.parametrize("dataset", ["tensors", "pair"])
def test_each_visit_of_a_sample_is_drawn_anew(dataset):
    data = seedaug.SeededDataset(DATASETS[dataset], 1, full(), return_key=True)
    loader = seedaug.DataLoader(data, batch_size=6, sampler=[3, 4, 3, 3, 4, 0])
    ((images, labels, keys),) = loader
    assert labels.tolist() == [9, 12, 9, 9, 12, 0]
    known = [seedaug.Key.unpack(key) for key in keys]
    assert [(key.index, key.worker) for key in known] == [
        (3, 0), (4, 0), (3, 1), (3, 2), (4, 1), (0, 0),
    ]  # fmt: skip
    assert torch.equal(images, full()(IMAGES[labels // 3], keys))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: Subset(data, range(3, 20)),
        lambda data: ConcatDataset([data, data]),
        lambda data: Subset(ConcatDataset([data]), [2, 1, 0, 2]),
    ],
)
def test_within_other_datasets(wrap):
    data = seedaug.SeededDataset(TensorDataset(IMAGES, LABELS), 1, full(), return_key=True)
    for images, labels, keys in seedaug.DataLoader(wrap(data), batch_size=5, shuffle=True):
        assert torch.equal(images, full()(IMAGES[labels // 3], keys))


def test_nested_datasets_draw_in_the_same_epoch():
    inner = seedaug.SeededDataset(Items(pair), 1, seedaug.RandomCrop(18))
    outer = seedaug.SeededDataset(inner, 2, full())
    loader = seedaug.DataLoader(outer, batch_size=COUNT)
    for epoch in range(2):
        (found,) = loader
        outer.set_epoch(epoch)
        inner.set_epoch(epoch)
        assert content(found) == content(one_by_one(outer, range(COUNT)))
        loader.set_epoch(epoch + 1)


def test_a_subclass_keeps_its_own_samples():
    class Marked(seedaug.SeededDataset):
        def __getitem__(self, index):
            return (*super().__getitem__(index), "marked")

    (found,) = seedaug.DataLoader(Marked(Items(pair), 0, full()), batch_size=COUNT)
    assert [*found[2]] == ["marked"] * COUNT


def test_a_collate_function_of_the_users_gets_samples():
    seen = []

    def collate(samples):
        seen.append(samples)
        images, labels = default_collate(sorted(samples, key=lambda sample: -sample[1]))
        return images * 2, labels

    dataset = seedaug.SeededDataset(Items(pair), 0, full())
    ((images, labels),) = seedaug.DataLoader(dataset, batch_size=COUNT, collate_fn=collate)
    assert isinstance(seen[0], list)
    assert all(isinstance(sample, tuple) and len(sample) == 2 for sample in seen[0])
    assert labels.tolist() == sorted(LABELS.tolist(), reverse=True)
    assert torch.equal(images[-1], dataset[0][0] * 2)


def test_changing_a_transform_changes_the_next_batch():
    crop = seedaug.RandomCrop(16)
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES), 0, crop)
    loader = seedaug.DataLoader(dataset, batch_size=4)
    assert next(iter(loader))[0].shape[-1] == 16
    crop.size = (12, 12)
    assert next(iter(loader))[0].shape[-1] == 12
    dataset.transform = None
    assert next(iter(loader))[0].shape[-1] == 24


def test_a_used_dataset_can_be_copied_and_sent():
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES, LABELS), 0, full())
    first = [*seedaug.DataLoader(dataset, batch_size=8)]
    for other in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
        assert content([*seedaug.DataLoader(other, batch_size=8)]) == content(first)


# --- Joint transforms ---


def image_and_mask(i):
    from torchvision import tv_tensors

    image = pictures(1, 18 + i % 5, 20 + 4 * (i % 3))[0]
    return tv_tensors.Image(image), tv_tensors.Mask(image[:1] > 100), i


def target_dict(i):
    from torchvision import tv_tensors

    image, mask, _ = image_and_mask(i)
    boxes = tv_tensors.BoundingBoxes(
        [[1, 2, 9, 10], [0, 0, i % 7 + 3, 5]], format="XYXY", canvas_size=image.shape[-2:]
    )
    return {"image": image, "target": [mask, {"boxes": boxes, "id": i}], "name": str(i)}


def some_with_masks(i):
    image, mask, _ = image_and_mask(i)
    return (image, mask) if i % 3 else (image, torch.tensor(i))


def plain_joint(i):
    return [IMAGES[i], torch.full((4,), i), i]


JOINT = seedaug.Compose(
    [
        seedaug.RandomCrop(16, padding=2),
        seedaug.RandomHorizontalFlip(),
        seedaug.Normalize(MEAN, STD),
    ],
    memory_format=torch.channels_last,
)


@pytest.mark.parametrize("make", [image_and_mask, target_dict, plain_joint, array, named])
def test_joint_transforms(make, monkeypatch):
    pytest.importorskip("torchvision")
    wholes = made_at_once(monkeypatch)
    for transforms in (JOINT, seedaug.Compose([dict, JOINT]) if make is target_dict else JOINT):
        dataset = seedaug.SeededDataset(Items(make), 4, transforms=transforms, return_key=True)
        (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
        assert content(found) == content(one_by_one(dataset, range(COUNT)))
        samples = dataset.__getitems__(range(5))
        assert content(default_collate(samples)) == content(one_by_one(dataset, range(5)))
        for sample, other in zip(samples, (dataset[i] for i in range(5)), strict=True):
            assert content(sample) == content(other)
            if make is image_and_mask:
                assert [type(part) for part in sample] == [type(part) for part in other]
    assert any(whole is not None for whole in wholes)


def test_a_mask_that_is_converted():
    tv_tensors = pytest.importorskip("torchvision.tv_tensors")
    to = seedaug.ToDtype(
        {tv_tensors.Mask: torch.int64, tv_tensors.Image: torch.float32}, scale=True
    )
    transforms = seedaug.Compose([seedaug.RandomCrop(16), to])
    dataset = seedaug.SeededDataset(Items(image_and_mask), 4, transforms=transforms)
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert found[1].dtype == torch.int64
    assert content(found) == content(one_by_one(dataset, range(COUNT)))


def test_joint_samples_of_different_structure():
    pytest.importorskip("torchvision")
    dataset = seedaug.SeededDataset(Items(some_with_masks), 4, transforms=JOINT)
    samples = dataset.__getitems__(range(COUNT))
    assert [content(sample) for sample in samples] == [content(dataset[i]) for i in range(COUNT)]


def test_an_image_and_a_mask_of_different_sizes():
    tv_tensors = pytest.importorskip("torchvision.tv_tensors")

    def unequal(i):
        image, mask, _ = image_and_mask(i)
        return image, mask if i != 2 else tv_tensors.Mask(mask[:, 1:])

    dataset = seedaug.SeededDataset(Items(unequal), 4, transforms=JOINT)
    with pytest.raises(ValueError, match="one size") as found:
        next(iter(seedaug.DataLoader(dataset, batch_size=COUNT)))
    if hasattr(found.value, "__notes__"):
        assert "index=2" in found.value.__notes__[0]


# --- What a dataset or a user may do in between ---


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


OPEN = seedaug.Compose([seedaug.RandomCrop(16), seedaug.RandomHorizontalFlip()])


def test_a_target_transform_that_writes_into_the_image():
    def aliased(i):
        image = IMAGES[i].clone()
        return image, image

    dataset = seedaug.SeededDataset(
        Items(aliased), 1, full(), target_transform=lambda image: image.zero_().sum()
    )
    (found,) = seedaug.DataLoader(dataset, batch_size=COUNT)
    assert content(found) == content(one_by_one(dataset, range(COUNT)))


def test_an_attribute_that_is_set_for_each_sample():
    noise = seedaug.GaussianNoise(sigma=0.1, clip=False)

    def louder(image):
        noise.sigma = float(image[0, 0, 0])
        return image.float()

    transform = seedaug.Compose([louder, seedaug.RandomCrop(16), noise])
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
    loader.__dict__["collate_fn"] = lambda samples: [image.float() for image, _ in samples]
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


# --- The op ---


def test_rows_of_an_input():
    rows, keys = torch.tensor([3, 3, 9, 0]), seedaug.keys(index=[3, 3, 9, 0], worker=range(4))
    pipeline = full().parts()[-1]
    step = fused.only_step(pipeline, IMAGES, torch.Tensor, pipeline.first[0])
    out = torch.empty(4, 3, 16, 16)
    run = seedaug.ops.augment_rows_out
    run(IMAGES, rows, keys, step.program, step.values, out)
    assert torch.equal(out, full()(IMAGES[rows], keys))
    for bad, message in [
        (torch.tensor([0, 1, 2, COUNT]), "rows.3. is 23"),
        (torch.tensor([0, -1, 2, 3]), "rows.1. is -1"),
        (torch.tensor([0, 1, 2]), "one for each key"),
        (torch.tensor([0, 1, 2, 3], dtype=torch.int32), "must be int64"),
    ]:
        with pytest.raises(RuntimeError, match=message):
            run(IMAGES, bad, keys, step.program, step.values, out)
    with pytest.raises(RuntimeError, match="out must be"):
        run(IMAGES, rows, keys, step.program, step.values, out[:3])
    with pytest.raises(RuntimeError, match="keys must be"):
        run(IMAGES, rows[:1], keys[0], step.program, step.values, out[:1])


def test_into_a_row():
    out = torch.zeros(3, 3, 16, 16)
    pipeline = full().parts()[-1]
    step = fused.only_step(pipeline, IMAGES[0], torch.Tensor, pipeline.first[0])
    number = seedaug.ops.intern(*step, seedaug.ops.PRESERVE)
    key = seedaug.Key(index=4)
    run = seedaug.ops.augment_interned_out
    for target in (out, out.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)):
        run(IMAGES[4], *key.packed(), number, target, 1)
        assert torch.equal(target[1], full()(IMAGES[4], key))
        assert target[0].abs().sum() == target[2].abs().sum() == 0
    for bad, message in [
        ((IMAGES[4], *key.packed(), number, out, 3), "row 3 is not in out"),
        ((IMAGES[4], *key.packed(), number, out, -1), "row -1 is not in out"),
        ((IMAGES[4], *key.packed(), number, out.half(), 1), "dtype"),
        ((IMAGES[4], *key.packed(), number, out[0], 1), "out must be"),
        ((IMAGES[4], *key.packed(), number, out[:, :, :8], 1), "out must be"),
        ((IMAGES[4], *key.packed(), 1 << 20, out, 1), "no program"),
        ((IMAGES[4], 0, 1, 0, number, out, 1), "packed key"),
    ]:
        with pytest.raises(RuntimeError, match=message):
            run(*bad)


def test_where_samples_lie():
    found = resident.find_resident(DATASETS["subset"], [1, 3])
    assert found.tensors[0] is IMAGES
    assert found.rows == [2, 9]
    assert resident.find_resident(Items(pair), [0]) is None
