"""Batches of images with their masks and boxes, under one key a sample."""

import pytest
import torch
from batch_fixtures import (
    COUNT,
    IMAGES,
    MEAN,
    STD,
    Items,
    array,
    content,
    made_at_once,
    named,
    one_by_one,
    pictures,
)
from torch.utils.data import default_collate

import seedaug


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
