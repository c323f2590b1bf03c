"""Keys are named: second, a `Key` counts as one; a tensor there is data, whatever it looks like."""

import pytest
import torch
from torchvision import tv_tensors

import seedaug
from seedaug import Compose, Key, NoKeyError, keys, sample
from seedaug.transforms.kinds import register_kind

KEY, KEYS = Key(seed=1, index=2), keys(seed=1, index=range(4))

# What could be taken for keys: int64 of shape [3] and [N, 3]; and other data.
DATA = {
    "labels": torch.tensor([4, 0, 2]),
    "triangles": torch.tensor([[0, 1, 2], [2, 1, 3], [0, 2, 3], [5, 1, 0]]),
    "boxes": torch.tensor([[0, 0, 4, 4], [1, 2, 3, 4]]),
    "packed": keys(seed=9, index=range(4)),
    "a label": torch.tensor(3),
}


class Shift(seedaug.Transform):
    kind = register_kind("named_shift", 104)

    def make_params(self, draws, size):
        return {"by": draws.integers(100)}

    def transform(self, image, params):
        return image + params["by"]


TRANSFORMS = [
    seedaug.RandomCrop(5),
    seedaug.CenterCrop(5),
    Shift(),
    Compose([seedaug.RandomCrop(5), seedaug.GaussianNoise()]),
    Compose([seedaug.RandomCrop(5), lambda x, *rest: (x, *rest), Shift()]),
    Compose([Shift(), seedaug.RandomCrop(5)]),
]


def images():
    return torch.randint(256, (4, 3, 9, 9), generator=torch.Generator().manual_seed(0)).byte()


def alone(transform, x, given):
    """The image by itself, under keys."""
    if any(
        not isinstance(part, seedaug.Transform) for part in getattr(transform, "transforms", ())
    ):
        return Compose([*transform.transforms[::2]])(x, keys=given)
    return transform(x, keys=given)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: type(t).__name__)
def test_a_tensor_in_second_place_is_data(transform, data):
    x, second = images(), DATA[data]
    before = second.clone()
    for image, given in ((x, KEYS), (x[0], KEY), (x[0], KEYS[2])):
        made, same = transform(image, second, keys=given)
        assert same is second
        assert torch.equal(made, alone(transform, image, given))
    with sample(KEY):
        made, same = transform(x[0], second)
    assert same is second
    with sample(KEY):
        assert torch.equal(made, alone(transform, x[0], KEY))
    assert torch.equal(second, before)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: type(t).__name__)
def test_keys_in_second_place_are_data_too(transform):
    x = images()
    if transform.needs_key:
        with pytest.raises(NoKeyError, match=r"pass keys= to the call \(by name: a tensor in sec"):
            transform(x, KEYS)
        with pytest.raises(NoKeyError, match="keys="):
            transform(x[0], KEYS[0])
    else:
        made, same = transform(x, KEYS)
        assert same is KEYS
        assert torch.equal(made, transform(x))


def test_many_inputs():
    """An image, its mask, boxes and labels: labels are the same, whatever their shape."""
    crop, x = seedaug.RandomCrop(5), tv_tensors.Image(images()[0])
    mask = tv_tensors.Mask(images()[0, :1])
    box = tv_tensors.BoundingBoxes(
        torch.tensor([[0, 0, 4, 4], [1, 2, 3, 4], [0, 1, 2, 3]]), format="XYXY", canvas_size=(9, 9)
    )
    for labels in DATA.values():
        made = crop(x, mask, box, labels, keys=KEY)
        assert made[3] is labels
        assert torch.equal(made[0], crop(x, KEY))
        assert torch.equal(made[1], crop(mask, KEY))
        assert torch.equal(made[2], crop(box, KEY))
        first, second = crop(x, labels, keys=KEY)
        assert second is labels
        assert torch.equal(first, crop(x, KEY))


def test_many_inputs_of_a_batch():
    crop, x = seedaug.RandomCrop(5), images()
    boxes = [
        tv_tensors.BoundingBoxes(torch.tensor([[0, 0, 4, 4]]), format="XYXY", canvas_size=(9, 9))
    ] * 4
    for labels in DATA.values():
        made = crop(tv_tensors.Image(x), tv_tensors.Mask(x[:, :1]), boxes, labels, keys=KEYS)
        assert made[3] is labels
        assert torch.equal(made[0], crop(x, keys=KEYS))
        assert torch.equal(made[1], crop(x[:, :1], keys=KEYS))
        for n in range(4):
            assert torch.equal(made[2][n], crop(boxes[n], keys=KEYS[n]))


def test_boxes_of_four_integers_under_four_keys():
    x, boxes = images(), torch.tensor([[0, 0, 4, 4]] * 4)
    made, same = seedaug.RandomCrop(5)(x, boxes, keys=KEYS)
    assert same is boxes
    assert torch.equal(made, seedaug.RandomCrop(5)(x, keys=KEYS))


@pytest.mark.parametrize("transform", TRANSFORMS[:4], ids=lambda t: type(t).__name__)
def test_a_key_may_stand_second(transform):
    x = images()[0]
    assert torch.equal(transform(x, KEY), transform(x, keys=KEY))
    sampled = transform({"image": x, "label": 3}, KEY)
    assert torch.equal(sampled["image"], transform(x, keys=KEY))
    if transform.needs_key and not isinstance(transform, Shift):
        assert not torch.equal(transform(x, KEY, view=1), transform(x, KEY))


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("given", [KEY, KEYS])
def test_keys_given_twice(transform, given):
    with pytest.raises(TypeError, match=r"given twice: Key\(seed=1, .*second place, and keys="):
        transform(images(), KEY, keys=given)


def test_the_alias():
    assert seedaug.Keys == Key | torch.Tensor
