"""Batches that are made at once hold the bytes that samples made one by one do."""

import copy
import pickle

import pytest
import torch
from batch_fixtures import (
    COUNT,
    DATASETS,
    IMAGES,
    LABELS,
    MEAN,
    STD,
    TRANSFORMS,
    Items,
    array,
    brighten,
    content,
    full,
    grey,
    grey_array,
    made_at_once,
    one_by_one,
    pair,
    pil,
    to_tensor,
)
from torch.utils.data import ConcatDataset, Subset, TensorDataset, default_collate

import seedaug
from seedaug.data import fused, resident


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
    assert torch.equal(images, full()(IMAGES[labels // 3], keys=keys))


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
        assert torch.equal(images, full()(IMAGES[labels // 3], keys=keys))


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


def test_another_transform_changes_the_next_batch():
    crop = seedaug.RandomCrop(16)
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES), 0, crop)
    loader = seedaug.DataLoader(dataset, batch_size=4)
    assert next(iter(loader))[0].shape[-1] == 16
    dataset.transform = seedaug.RandomCrop(12)
    assert next(iter(loader))[0].shape[-1] == 12
    dataset.transform = None
    assert next(iter(loader))[0].shape[-1] == 24


def test_a_used_dataset_can_be_copied_and_sent():
    dataset = seedaug.SeededDataset(TensorDataset(IMAGES, LABELS), 0, full())
    first = [*seedaug.DataLoader(dataset, batch_size=8)]
    for other in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
        assert content([*seedaug.DataLoader(other, batch_size=8)]) == content(first)


def test_rows_of_an_input():
    rows, keys = torch.tensor([3, 3, 9, 0]), seedaug.keys(index=[3, 3, 9, 0], worker=range(4))
    pipeline = full().parts()[-1]
    step = fused.only_step(pipeline, IMAGES, torch.Tensor, pipeline.first[0])
    out = torch.empty(4, 3, 16, 16)
    run = seedaug.ops.augment_rows_out
    run(IMAGES, rows, keys, step.program, step.values, out)
    assert torch.equal(out, full()(IMAGES[rows], keys=keys))
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
