"""What goes in comes out as the same kind: tv_tensors, PIL images, arrays, nests of them."""

import subprocess
import sys
from collections import namedtuple

import numpy as np
import pytest
import torch
import torchvision.transforms as v1
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as TF

import seedaug
from seedaug import Key, keys, sample

KEYS = [Key(seed=5, index=i) for i in range(5)]
GEOMETRY = [
    seedaug.RandomCrop(6, padding=(1, 2), fill={tv_tensors.Mask: 200, "others": 3}),
    seedaug.RandomCrop((20, 30), pad_if_needed=True),
    seedaug.CenterCrop((5, 20)),
    seedaug.Pad((1, 2, 3, 4), fill={tv_tensors.Mask: 9}),
    seedaug.RandomHorizontalFlip(),
    seedaug.RandomVerticalFlip(),
]
POINTWISE = [
    seedaug.GaussianNoise(),
    seedaug.Normalize([0.5], [0.5]),
    seedaug.ToDtype(torch.float16, scale=True),
]


def name(transform):
    return type(transform).__name__


def picture(height=9, width=12):
    values = np.random.default_rng(3).integers(0, 256, (3, height, width), dtype=np.uint8)
    return torch.from_numpy(values)


def in_torchvision(transform, x, key):
    """The same geometry through torchvision's functions, for any of its types."""
    ((kind, drawn),) = transform.params(key, (9, 12)).items()
    fill = getattr(transform, "fill", 0)
    if isinstance(fill, dict):
        fill = fill.get(type(x), fill.get("others", 0))
    if kind == "random_crop":
        if any(drawn["padding"]):
            x = TF.pad(x, [*drawn["padding"]], fill=fill)
        return TF.crop(x, drawn["top"], drawn["left"], drawn["height"], drawn["width"])
    if kind == "center_crop":
        return TF.center_crop(x, [*transform.size])
    if kind == "pad":
        return TF.pad(x, [*transform.padding], fill=fill)
    if not drawn["flipped"]:
        return x
    return TF.horizontal_flip(x) if kind == "horizontal_flip" else TF.vertical_flip(x)


def parts(box_format="XYXY", clamping_mode="soft"):
    width = {"XYXYXYXY": 8, "XYWHR": 5, "CXCYWHR": 5}.get(box_format, 4)
    numbers = torch.tensor([[1.0, 2.0, 7.0, 6.0, 3.0, 8.0, 0.0, 4.0], [3, 1, 5, 4, 9, 7, 2, 6]])
    boxes = tv_tensors.BoundingBoxes(
        numbers[:, :width],
        format=box_format,
        canvas_size=(9, 12),
        clamping_mode=clamping_mode,
    )
    points = tv_tensors.KeyPoints(torch.tensor([[1.0, 2.0], [11.0, 8.0]]), canvas_size=(9, 12))
    mask = tv_tensors.Mask(picture()[0] % 7)
    return tv_tensors.Image(picture()), mask, boxes, points


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.index))
@pytest.mark.parametrize("transform", GEOMETRY, ids=name)
def test_geometry_is_the_same_for_all_parts_of_a_sample(transform, key):
    given = parts()
    made = transform(*given, keys=key)
    for x, y in zip(given, made, strict=True):
        wanted = in_torchvision(transform, x, key)
        assert type(y) is type(x)
        assert torch.equal(y, wanted)
        if isinstance(x, (tv_tensors.BoundingBoxes, tv_tensors.KeyPoints)):
            assert y.canvas_size == wanted.canvas_size == tuple(made[0].shape[-2:])


@pytest.mark.parametrize("clamping_mode", ["soft", "hard", None])
@pytest.mark.parametrize("box_format", [one.name for one in tv_tensors.BoundingBoxFormat])
@pytest.mark.parametrize("transform", GEOMETRY, ids=name)
def test_boxes_of_every_format(transform, box_format, clamping_mode):
    boxes = parts(box_format, clamping_mode)[2]
    for key in KEYS[:3]:
        got, wanted = transform(boxes, key), in_torchvision(transform, boxes, key)
        assert got.format == boxes.format
        assert got.clamping_mode == clamping_mode
        assert torch.equal(got, wanted)


def test_a_compose_moves_boxes_as_the_image():
    image = torch.zeros(1, 20, 30)
    image[0, 8:12, 10:20] = 1
    box = tv_tensors.BoundingBoxes([[10, 8, 20, 12]], format="XYXY", canvas_size=(20, 30))
    augment = seedaug.Compose(
        [
            seedaug.RandomCrop((16, 24), padding=2),
            seedaug.RandomHorizontalFlip(),
            seedaug.Pad((1, 2, 3, 4)),
            seedaug.RandomVerticalFlip(),
            seedaug.Normalize([0.0], [1.0]),
        ]
    )
    for index in range(20):
        x, moved = augment(tv_tensors.Image(image), box, keys=Key(index=index))
        rows, columns = x[0].nonzero(as_tuple=True)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert moved.tolist() == [[int(side) for side in seen]]


class Shift(seedaug.Transform):
    """Moves boxes and keypoints by as much as it darkens images."""

    kind = seedaug.register_kind("shift", 117)

    def make_params(self, draws, size):
        return {"by": draws.integers(5), "size": size}

    def transform(self, image, params):
        return image - params["by"]

    def transform_boxes(self, boxes, params):
        return tv_tensors.wrap(boxes + params["by"], like=boxes)

    def transform_keypoints(self, keypoints, params):
        return tv_tensors.wrap(keypoints + params["by"], like=keypoints)


def batch_of(count, sizes=((9, 12),)):
    """Images, and for each another number of boxes and keypoints."""
    made = []
    for n in range(count):
        size = sizes[n % len(sizes)]
        image = torch.arange(3 * size[0] * size[1]).reshape(3, *size).to(torch.uint8)
        boxes = torch.tensor([[1.0, 2.0, 7.0, 6.0]]).repeat(n + 1, 1)
        boxes = tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=size)
        made.append((image, boxes, tv_tensors.KeyPoints([[1.0, n]], canvas_size=size)))
    return [[*column] for column in zip(*made, strict=True)]


LISTED = [*GEOMETRY, Shift(), seedaug.Compose([seedaug.RandomCrop(6), Shift(), seedaug.Pad(1)])]


@pytest.mark.parametrize("transform", LISTED, ids=name)
def test_lists_of_boxes_under_n_keys(transform):
    """Each sample's are what its image with its own key gives; in lists, tuples, dicts of each."""
    images, boxes, points = batch_of(3)
    k = keys(seed=2, index=range(3))
    made, moved, pointed = transform(torch.stack(images), boxes, tuple(points), keys=k)
    assert type(moved) is list
    assert type(pointed) is tuple
    targets = [{"boxes": one, "labels": torch.arange(len(one))} for one in boxes]
    stacked, told = transform((torch.stack(images), targets), keys=k)
    assert torch.equal(stacked, made)
    for n in range(3):
        wanted = transform(images[n], boxes[n], points[n], keys=Key(2, index=n))
        assert torch.equal(made[n], wanted[0])
        for got, want in (
            (moved[n], wanted[1]),
            (pointed[n], wanted[2]),
            (told[n]["boxes"], wanted[1]),
        ):
            assert type(got) is type(want)
            assert torch.equal(got, want)
            assert got.canvas_size == want.canvas_size
        assert told[n]["labels"] is targets[n]["labels"]


@pytest.mark.parametrize("transform", [LISTED[-1], seedaug.RandomCrop(6)], ids=name)
def test_lists_of_images_and_their_boxes(transform):
    images, boxes, points = batch_of(4, sizes=((9, 12), (14, 8)))
    k = keys(seed=2, index=range(4))
    made = transform({"images": images, "boxes": boxes, "points": points}, keys=k)
    for n in range(4):
        wanted = transform(images[n], boxes[n], points[n], keys=Key(2, index=n))
        got = made["images"][n], made["boxes"][n], made["points"][n]
        assert all(torch.equal(a, b) for a, b in zip(got, wanted, strict=True))


def test_lists_of_boxes_that_do_not_fit():
    images, boxes, _ = batch_of(3)
    x, k = torch.stack(images), keys(index=range(3))
    for transform in (seedaug.RandomCrop(6), seedaug.RandomHorizontalFlip(), Shift()):
        with pytest.raises(ValueError, match="3 keys need a list of 3 samples, got 2 of Bounding"):
            transform((x, boxes[:2]), keys=k)
        with pytest.raises(ValueError, match=r"2 images need 2 keys, got 3|3 keys need"):
            transform((images[:2], boxes), keys=k)
    _, others, _ = batch_of(3, sizes=((8, 8),))
    with pytest.raises(ValueError, match=r"sample 0: BoundingBoxes are of \(8, 8\), but its image"):
        seedaug.RandomCrop(6)((x, others), keys=k)


def test_what_a_list_of_tensors_is_beside_images():
    """Plain tensors are data: they pass through behind a batch, and are no images before one."""
    x, k = torch.stack(batch_of(3)[0]), keys(index=range(3))
    flip = seedaug.RandomHorizontalFlip(1.0)
    for targets in ([torch.rand(n + 1, 5) for n in range(3)], [torch.rand(2, 9, 12)] * 3):
        made, same = flip((x, targets), keys=k)
        assert torch.equal(made, x.flip(-1))
        assert all(a is b for a, b in zip(same, targets, strict=True))
        with pytest.raises(ValueError, match=r"N keys need one batch|put the image first"):
            flip({"targets": targets, "images": x}, keys=k)


@pytest.mark.parametrize("transform", POINTWISE, ids=name)
def test_masks_boxes_and_keypoints_get_geometry_only(transform):
    given = parts()
    made = transform(*given, keys=KEYS[0])
    assert type(made[0]) is tv_tensors.Image
    assert not torch.equal(made[0], given[0])
    assert all(y is x for x, y in zip(given[1:], made[1:], strict=True))


def test_videos_and_their_masks():
    video = tv_tensors.Video(torch.stack([picture()] * 4))
    crop = seedaug.RandomCrop(5)
    made = crop(video, KEYS[0])
    assert type(made) is tv_tensors.Video
    assert torch.equal(made, torch.stack([crop(picture(), KEYS[0])] * 4))
    k = keys(seed=5, index=range(2))
    clips = tv_tensors.Video(torch.stack([video, video]))
    assert torch.equal(crop(clips, keys=k)[1], crop(video, KEYS[1]))


def test_to_dtype_by_type():
    image, mask, boxes, points = parts()
    dtypes = {tv_tensors.Image: torch.float32, tv_tensors.Mask: torch.int64, "others": None}
    made = seedaug.ToDtype(dtypes, scale=True)(image, mask, boxes, points, keys=KEYS[0])
    assert [one.dtype for one in made] == [torch.float32, torch.int64, torch.float32, torch.float32]
    assert type(made[1]) is tv_tensors.Mask
    assert torch.equal(made[0], TF.to_dtype(image, torch.float32, scale=True))
    assert made[2] is boxes
    with pytest.raises(ValueError, match="names no dtype for BoundingBoxes"):
        seedaug.ToDtype({tv_tensors.Image: torch.float32})(image, boxes, keys=KEYS[0])


# --- Nests ---

Pair = namedtuple("Pair", "image label")


def test_structures_come_back_as_they_were():
    flip = seedaug.RandomHorizontalFlip(1.0)
    x = picture()
    nest = {"image": x, "label": 3, "more": [("a", None), {"b": 2.5}]}
    made = flip(nest, KEYS[0])
    assert torch.equal(made["image"], x.flip(-1))
    assert {k: v for k, v in made.items() if k != "image"} == {
        k: v for k, v in nest.items() if k != "image"
    }
    pair = flip(Pair(x, 1), KEYS[0])
    assert type(pair) is Pair
    assert torch.equal(pair.image, x.flip(-1))
    image, label = flip(x, "cat", keys=KEYS[0])
    assert label == "cat"
    with sample(KEYS[0]):
        image, label = flip(x, torch.tensor(3))
    assert torch.equal(image, x.flip(-1))
    assert label == 3


def test_only_the_first_pure_tensor_is_an_image():
    flip, x = seedaug.RandomHorizontalFlip(1.0), picture()
    first, second, third = flip((x, x, np.zeros((2, 2))), KEYS[0])
    assert torch.equal(first, x.flip(-1))
    assert second is x
    assert third.shape == (2, 2)
    pure, explicit = flip((x, tv_tensors.Image(x)), KEYS[0])
    assert pure is x
    assert torch.equal(explicit, x.flip(-1))


def test_a_batch_in_a_dict():
    x, label = torch.stack([picture()] * 3), torch.tensor([1, 2, 3])
    k = keys(seed=5, index=range(3))
    crop = seedaug.RandomCrop(4)
    made = crop({"image": x, "label": label}, keys=k)
    assert torch.equal(made["image"], crop(x, keys=k))
    assert made["label"] is label
    mask = tv_tensors.Mask(x[:, 0])
    image, cropped = crop((tv_tensors.Image(x), mask), keys=k)
    assert torch.equal(cropped, image[:, 0])


# --- Arrays ---


@pytest.mark.parametrize("transform", [*GEOMETRY[1:3], *GEOMETRY[4:]], ids=name)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int32, np.bool_])
def test_arrays_are_channels_last_images(transform, dtype):
    array = picture().numpy().transpose(1, 2, 0).astype(dtype)
    for key in KEYS:
        wanted = transform(torch.from_numpy(array.transpose(2, 0, 1).copy()), key)
        got = transform(array, key)
        assert isinstance(got, np.ndarray)
        assert got.dtype == dtype
        assert got.flags.c_contiguous
        assert np.array_equal(got.transpose(2, 0, 1), wanted.numpy())
        assert np.array_equal(transform(array[..., 0], key), wanted[0].numpy())


def test_batches_of_arrays():
    array = np.stack([picture().numpy().transpose(1, 2, 0)] * 3)
    k = keys(seed=5, index=range(3))
    augment = seedaug.Compose([seedaug.RandomCrop(5), seedaug.GaussianNoise()], torch.float32)
    wanted = augment(torch.from_numpy(array.transpose(0, 3, 1, 2).copy()), keys=k)
    got = augment(array, keys=k)
    assert np.array_equal(got.transpose(0, 3, 1, 2), wanted.numpy())
    crop = seedaug.RandomCrop(5)
    got = crop(array[..., 0], keys=k)
    assert np.array_equal(got, crop(array, keys=k)[..., 0])


def test_views_and_read_only_arrays():
    array = picture().numpy().transpose(1, 2, 0)
    flip = seedaug.RandomHorizontalFlip(1.0)
    frozen = array.copy()
    frozen.flags.writeable = False
    assert np.array_equal(flip(frozen, KEYS[0]), array[:, ::-1])
    assert np.array_equal(flip(array[::-1, ::-2], KEYS[0]), array[::-1, ::-2][:, ::-1])
    assert np.array_equal(flip(array[::2, ::3], KEYS[0]), array[::2, ::3][:, ::-1])


def test_array_errors():
    flip = seedaug.RandomHorizontalFlip()
    with pytest.raises(ValueError, match=r"H, W\], got \[4\]; geometry takes audio"):
        flip(np.zeros(4), KEYS[0])
    with pytest.raises(ValueError, match=r"H, W\], got \[4, 4\]; .* geometry takes audio"):
        flip(np.zeros((4, 4)), keys=keys(index=range(4)))
    with pytest.raises(ValueError, match=r"\[N, H, W\] or \[N, H, W, C\], got \[4\]"):
        flip(np.zeros(4), keys=keys(index=range(4)))
    with pytest.raises(TypeError, match="dtype <U1 is not supported"):
        flip(np.full((4, 4), "x"), KEYS[0])
    with pytest.raises(TypeError, match="NumPy has no bfloat16"):
        seedaug.ToDtype(torch.bfloat16)(np.zeros((4, 4), np.float32), KEYS[0])


# --- PIL ---


@pytest.mark.parametrize("transform", POINTWISE, ids=name)
def test_values_of_pil_images_are_not_touched(transform):
    image = Image.new("RGB", (8, 8))
    with pytest.raises(TypeError, match=f"{name(transform)} does not support PIL images.*ToTensor"):
        transform(image, KEYS[0])
    with pytest.raises(TypeError, match="does not support PIL images"):
        seedaug.Compose([seedaug.CenterCrop(4), transform])(image, KEYS[0])


def test_a_pil_image_is_no_batch():
    with pytest.raises(TypeError, match="PIL image can't be a batch"):
        seedaug.CenterCrop(4)(Image.new("RGB", (8, 8)), keys=keys(index=range(8)))


def test_pil_image_and_mask_get_one_draw():
    values = picture().numpy().transpose(1, 2, 0)
    image, mask = Image.fromarray(values), tv_tensors.Mask(picture())
    crop = seedaug.RandomCrop(5)
    for key in KEYS:
        made, cropped = crop(image, mask, keys=key)
        assert np.array_equal(np.asarray(made), cropped.numpy().transpose(1, 2, 0))


# --- Inside of torchvision ---


@pytest.mark.parametrize("compose", [v1.Compose, v2.Compose])
def test_beside_stock_transforms(compose):
    augment = compose(
        [
            v1.Resize((10, 14)),
            seedaug.RandomCrop(8),
            seedaug.RandomHorizontalFlip(),
            v1.ToTensor(),
            seedaug.GaussianNoise(),
            v1.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    image = Image.fromarray(picture().numpy().transpose(1, 2, 0))
    for key in KEYS:
        with sample(key):
            y = augment(image)
        resized = v1.Resize((10, 14))(image)
        x = v1.ToTensor()(resized)
        fused = seedaug.Compose([*augment.transforms[1:3], seedaug.GaussianNoise()])
        wanted = v1.Normalize([0.5] * 3, [0.5] * 3)(fused(x, key))
        assert torch.equal(y, wanted)
    assert "RandomCrop(size=(8, 8)" in repr(augment)


def test_inside_of_v2_containers():
    augment = v2.Compose(
        [v2.RandomApply([seedaug.RandomHorizontalFlip(1.0)], p=1.0), v2.Identity()]
    )
    with sample(KEYS[0]):
        made = augment({"image": tv_tensors.Image(picture()), "boxes": parts()[2]})
    assert torch.equal(made["image"], picture().flip(-1))


def test_neither_torchvision_nor_pil_is_imported_for_itself():
    code = (
        "import sys, torch, seedaug\n"
        "seedaug.Compose([seedaug.CenterCrop(2)])({'x': torch.zeros(1, 4, 4)}, seedaug.Key())\n"
        "print([m for m in ('torchvision', 'PIL') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# --- Mistakes ---


def test_sizes_in_a_sample_must_agree():
    given = (tv_tensors.Image(picture()), tv_tensors.Mask(torch.zeros(4, 5)))
    with pytest.raises(ValueError, match="one size in it, found 4x5, 9x12"):
        seedaug.RandomCrop(3)(given, KEYS[0])


def test_a_sample_without_images():
    with pytest.raises(TypeError, match="no image, mask, bounding boxes or keypoints"):
        seedaug.RandomCrop(3)({"label": 3}, KEYS[0])
    assert seedaug.RandomHorizontalFlip()({"label": 3}, KEYS[0]) == {"label": 3}


def test_boxes_need_one_key_and_constant_padding():
    boxes = parts()[2]
    with pytest.raises(TypeError, match="BoundingBoxes need one key"):
        seedaug.RandomHorizontalFlip()(boxes, keys=keys(index=range(2)))
    with pytest.raises(ValueError, match="not supported with bounding boxes"):
        seedaug.Pad(1, padding_mode="edge")(boxes, KEYS[0])
