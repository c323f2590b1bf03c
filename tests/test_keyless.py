"""What draws nothing needs no key, wherever it is called; what draws is an error without one."""

import copy

import numpy as np
import pytest
import torch
import torch._dynamo.testing
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

import seedaug
from seedaug import Compose, Key, NoKeyError, keys, sample
from seedaug.transforms.kinds import register_kind

MEAN, STD = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
STILL = [
    seedaug.CenterCrop((5, 20)),
    seedaug.Pad((1, 2, 3, 4), fill=9),
    seedaug.Normalize(MEAN, STD),
    seedaug.ToDtype(torch.float16, scale=True),
]
GEOMETRY = STILL[:2]
VALIDATION = Compose([seedaug.CenterCrop(8), seedaug.Normalize(MEAN, STD)], dtype=torch.float16)
ALL = [*STILL, VALIDATION]


class Halve(seedaug.Transform):
    """A transform of one's own that draws nothing."""

    kind = register_kind("halve", 101)

    def transform(self, image, params):
        return image // 2

    def transform_mask(self, mask, params):
        return mask + 1


def name(transform):
    return type(transform).__name__


def images(device="cpu", dtype=torch.uint8, count=4, height=9, width=12):
    x = torch.arange(count * 3 * height * width).reshape(count, 3, height, width) * 37 % 251
    return ((x / 255).to(dtype) if dtype.is_floating_point else x.to(dtype)).to(device)


# --- The same bytes as with keys ---


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("transform", [*ALL, Halve()], ids=name)
def test_tensors(device, transform, memory_format, dtype):
    x = images(device, dtype).contiguous(memory_format=memory_format)
    wanted = transform(x, keys=keys(index=range(4), device=device))
    made = transform(x)
    assert torch.equal(made, wanted)
    assert torch.equal(transform(x[1]), wanted[1])
    assert torch.equal(transform(x[1], Key(index=3)), wanted[1])
    with sample(Key(index=9)) as opened:
        assert torch.equal(transform(x[1]), wanted[1])
        assert opened.counts == ({Halve.kind: 1} if isinstance(transform, Halve) else {})
    if not isinstance(transform, Halve):
        assert made.stride() == wanted.stride()
        out = torch.empty_like(wanted)
        assert transform(x, out=out) is out
        assert torch.equal(out, wanted)
    assert transform(x[:0]).shape == (0, *wanted.shape[1:])


def test_large_batches_and_clips():
    x = images(count=8, height=250, width=260)
    assert torch.equal(VALIDATION(x), VALIDATION(x, keys=keys(index=range(8))))
    clips = x.view(2, 4, 3, 250, 260)
    assert torch.equal(VALIDATION(clips), VALIDATION(x).view(2, 4, 3, 8, 8))


def test_gradients(device):
    augment = Compose([seedaug.CenterCrop(8), seedaug.Normalize(MEAN, STD)])
    for x in (images(device, torch.float32), images(device, torch.float32)[0]):
        y, z = x.clone().requires_grad_(), x.clone().requires_grad_()
        augment(y).square().sum().backward()
        augment(z, Key()).square().sum().backward()
        assert torch.equal(y.grad, z.grad)


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_only_a_layout(memory_format):
    other = {torch.channels_last, torch.contiguous_format} - {memory_format}
    x = images().contiguous(memory_format=other.pop())
    made = Compose([seedaug.ToDtype(torch.uint8)], memory_format=memory_format)(x)
    assert torch.equal(made, x)
    assert made.is_contiguous(memory_format=memory_format)


@pytest.mark.parametrize("transform", GEOMETRY, ids=name)
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_pil_images(transform, mode):
    x = Image.fromarray(images()[0].movedim(0, -1).contiguous().numpy()).convert(mode)
    assert transform(x).tobytes() == transform(x, Key(seed=1)).tobytes()
    assert transform(x).mode == mode


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_arrays(transform):
    x = images().movedim(1, -1).contiguous().numpy()
    wanted = transform(x, keys=keys(index=range(4)))
    assert np.array_equal(transform(x), wanted)
    assert np.array_equal(transform(x[1]), wanted[1])


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_tv_tensors_and_nests(transform):
    x = images()[0]
    box = {"format": "XYXY", "canvas_size": (9, 12)}
    given = {
        "image": tv_tensors.Image(x),
        "video": tv_tensors.Video(images()),
        "mask": tv_tensors.Mask(x[:1]),
        "boxes": tv_tensors.BoundingBoxes(torch.tensor([[1, 2, 7, 8]]), **box),
        "points": tv_tensors.KeyPoints(torch.tensor([[3, 4]]), canvas_size=(9, 12)),
        "label": 3,
    }
    made, wanted = transform(given), transform(given, Key(seed=1))
    assert made["label"] == 3
    for part in ("image", "video", "mask", "boxes", "points"):
        assert type(made[part]) is type(given[part])
        assert torch.equal(made[part], wanted[part])
    assert made["boxes"].canvas_size == wanted["boxes"].canvas_size


def test_a_batch_of_images_with_boxes():
    x, crop = images(), seedaug.CenterCrop(6)
    canvas = {"format": "XYXY", "canvas_size": (9, 12)}
    boxes = [tv_tensors.BoundingBoxes(torch.tensor([[1, 2, 7 + n, 8]]), **canvas) for n in range(4)]
    made, cropped = crop((tv_tensors.Image(x), boxes))
    wanted, each = crop((tv_tensors.Image(x), boxes), keys=keys(index=range(4)))
    assert torch.equal(made, wanted)
    assert all(torch.equal(a, b) for a, b in zip(cropped, each, strict=True))


@pytest.mark.parametrize("count", [4, 3, 1, 0])
def test_compiled(count, device):
    torch._dynamo.reset()
    x = images(device, count=count)
    for transform in ALL:
        fast = torch.compile(transform, fullgraph=True, backend="aot_eager")
        wanted = transform(x)
        made = fast(x)
        assert torch.equal(made, wanted)
        assert made.stride() == wanted.stride()
        assert torch.equal(fast(images(device)[0]), transform(images(device)[0]))


def test_batches_of_every_size_in_two_graphs():
    torch._dynamo.reset()
    graphs = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    fast = torch.compile(VALIDATION, fullgraph=True, backend=graphs)
    for count in (4, 3, 7, 5):
        assert torch.equal(fast(images(count=count)), VALIDATION(images(count=count)))
    assert graphs.frame_count <= 2


def test_vmap():
    x = images(dtype=torch.float32)
    assert torch.equal(torch.vmap(VALIDATION)(x), VALIDATION(x))
    assert torch.equal(torch.vmap(VALIDATION)(x[None]), VALIDATION(x)[None])


# --- In loaders ---


class Pictures(Dataset):
    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return self.transform(images(count=8)[index]), index


@pytest.mark.parametrize(
    "transform",
    [VALIDATION, v2.Compose([seedaug.CenterCrop(8), seedaug.ToDtype(torch.float32)]), Halve()],
    ids=name,
)
@pytest.mark.parametrize("workers", [0, 2])
def test_a_stock_loader(transform, workers):
    loader = DataLoader(Pictures(transform), batch_size=4, num_workers=workers)
    made = torch.cat([batch for batch, _ in loader])
    assert torch.equal(made, transform(images(count=8)))


def test_a_stock_loader_tells_of_what_draws():
    loader = DataLoader(Pictures(seedaug.RandomCrop(8)), batch_size=4, num_workers=2)
    with pytest.raises(NoKeyError, match=r"SeededDataset.*keys="):
        list(loader)


def test_a_seeded_dataset_gives_the_same():
    x = images(count=8)
    data = seedaug.SeededDataset(torch.utils.data.TensorDataset(x), seed=0, transform=VALIDATION)
    made = torch.cat([batch for (batch,) in seedaug.DataLoader(data, batch_size=4)])
    assert torch.equal(made, VALIDATION(x))


# --- Beside others, and what draws ---


def test_beside_foreign_callables():
    augment = Compose([seedaug.CenterCrop(8), v2.Grayscale(), Halve(), seedaug.Normalize([0], [1])])
    x = images()
    wanted = augment(x, keys=keys(index=range(4)))
    assert torch.equal(augment(x), wanted)
    assert torch.equal(augment(x[2]), wanted[2])
    inside = Compose([seedaug.RandomCrop(8), v2.Compose([seedaug.CenterCrop(4)])])
    assert inside(x, keys=keys(index=range(4))).shape == (4, 3, 4, 4)


def test_several_inputs():
    x, label = images()[0], torch.tensor([1, 2, 3])
    mask = tv_tensors.Mask(x[:1])
    made, cropped, same = VALIDATION(x, mask, label)
    assert torch.equal(made, VALIDATION(x))
    assert torch.equal(cropped, seedaug.CenterCrop(8)(mask))
    assert same is label


def never(x):
    raise AssertionError("called before the key was asked for")


@pytest.mark.parametrize(
    "transforms",
    [
        [seedaug.CenterCrop(8), seedaug.RandomHorizontalFlip(1.0)],
        [seedaug.GaussianNoise(), seedaug.Normalize(MEAN, STD)],
        [never, seedaug.RandomCrop(4)],
        [never, Compose([seedaug.CenterCrop(8), seedaug.RandomCrop(4)])],
    ],
)
def test_one_part_that_draws_needs_a_key(transforms):
    augment = Compose(transforms)
    assert augment.needs_key
    for x in (images(), images()[0], {"image": images()[0]}):
        for one in (augment, copy.deepcopy(augment)):
            with pytest.raises(NoKeyError, match=r"SeededDataset.*keys="):
                one(x)


def test_one_part_of_ones_own_that_draws_needs_a_key():
    class Drawing(seedaug.Transform):
        kind = register_kind("drawing", 102)

        def make_params(self, draws, size):
            return {"by": draws.integers(5)}

        def transform(self, image, params):
            return image + params["by"]

    assert not Halve().needs_key
    for transform in (Drawing(), Compose([never, Drawing()])):
        with pytest.raises(NoKeyError):
            transform(images())


def test_what_a_transform_draws_by_itself_needs_a_key():
    """Without `make_params` a transform may still ask for the sample's generator."""

    class Jitter(seedaug.Transform):
        kind = register_kind("jitter", 103)

        def transform(self, image, params):
            return image + int(seedaug.rng().integers(5))

    with sample(Key()):
        assert Compose([Jitter()])(images()[0]).shape == (3, 9, 12)
    for transform in (Jitter(), Compose([seedaug.CenterCrop(4), Jitter()])):
        with pytest.raises(NoKeyError):
            transform(images()[0])


def test_options_of_keys_need_keys():
    for options in ({"view": 1}, {"stage": 1}, {"same_on_batch": True}):
        for transform in ALL:
            with pytest.raises(ValueError, match="go with keys="):
                transform(images(), **options)


def test_mistakes_are_explained():
    with pytest.raises(ValueError, match="mean and std have 3 values, but the image has 2 chan"):
        seedaug.Normalize(MEAN, STD)(images()[:, :2])
    with pytest.raises(TypeError, match="plain tensor, got a nested"):
        seedaug.CenterCrop(3)(torch.nested.nested_tensor([*images()]))
    with pytest.raises(TypeError, match="does not support PIL images"):
        seedaug.Normalize([0.5], [0.5])(Image.new("L", (4, 4)))
