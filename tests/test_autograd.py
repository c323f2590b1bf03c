"""Gradients: every float program is affine in its input, so they can be checked exactly."""

import pytest
import torch
from torch.autograd import forward_ad

import seedaug
from seedaug import Key, keys

GEOMETRY = [
    seedaug.RandomCrop(4),
    seedaug.RandomCrop((9, 4), padding=(3, 2), fill=0.5),
    seedaug.RandomCrop(6, padding=3, padding_mode="reflect"),
    seedaug.RandomCrop((5, 12), padding=2, pad_if_needed=True, padding_mode="edge"),
    seedaug.CenterCrop((3, 20)),
    seedaug.Pad((1, 2, 3, 0), padding_mode="symmetric"),
    seedaug.Pad((2, 1), padding_mode="edge"),
    seedaug.Pad((-1, 1, 2, -2)),
    seedaug.RandomHorizontalFlip(),
    seedaug.RandomVerticalFlip(),
    seedaug.Compose(
        [
            seedaug.Pad(2, padding_mode="reflect"),
            seedaug.RandomCrop((9, 8)),
            seedaug.RandomHorizontalFlip(),
            seedaug.Pad(1, padding_mode="edge"),
            seedaug.RandomVerticalFlip(),
        ]
    ),
]
AFFINE = [
    seedaug.Normalize([0.1, 0.2, 0.3], [0.5, 0.25, 2.0]),
    seedaug.GaussianNoise(sigma=0.5, clip=False),
    seedaug.Compose(
        [
            seedaug.RandomCrop(5, padding=2),
            seedaug.Normalize([0.5], [0.5]),
            seedaug.GaussianNoise(clip=False),
            seedaug.RandomHorizontalFlip(),
        ]
    ),
]


def name(transform):
    return type(transform).__name__


def images(device="cpu", memory="contiguous"):
    x = torch.rand(4, 3, 7, 8, generator=torch.Generator().manual_seed(0)).to(device)
    return x.contiguous(memory_format=torch.channels_last) if memory == "channels_last" else x


def small_integers(shape, device, seed):
    made = torch.randint(-4, 5, shape, generator=torch.Generator().manual_seed(seed))
    return made.float().to(device)


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
@pytest.mark.parametrize("key_count", [0, 4])
@pytest.mark.parametrize("transform", GEOMETRY, ids=name)
def test_backward_is_the_exact_adjoint_of_geometry(device, transform, key_count, memory):
    k = keys(index=range(4), device=device) if key_count else keys(index=7, device=device)[0]
    x = images(device, memory).requires_grad_()
    zero = transform(torch.zeros_like(x), keys=k)
    x.data = small_integers(x.shape, device, 1)
    y = transform(x, keys=k)
    g = small_integers(y.shape, device, 2)
    y.backward(g)
    with torch.no_grad():
        assert ((y - zero) * g).sum() == (x * x.grad).sum()
        # Basis vectors: each gradient counts the places that an input pixel went to.
        assert x.grad.sum() == (g * (transform(torch.ones_like(x), keys=k) - zero)).sum()


@pytest.mark.filterwarnings("ignore:Input #0 requires gradient and is not a double")
@pytest.mark.parametrize("transform", [*GEOMETRY, *AFFINE], ids=name)
def test_gradcheck(device, transform):
    k = keys(index=range(2), device=device)
    x = images(device)[:2].requires_grad_()
    torch.autograd.gradcheck(lambda x: transform(x, keys=k), x, eps=0.5, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("transform", [*GEOMETRY, *AFFINE], ids=name)
def test_recording_changes_no_bit(device, transform):
    k, x = keys(index=range(4), device=device), images(device)
    wanted = transform(x, keys=k)
    for got in (transform(x.requires_grad_(), keys=k), transform(x[0], Key(index=0))):
        assert got.requires_grad
        assert torch.equal(got, wanted if got.dim() == 4 else wanted[0])
    with seedaug.sample(Key(index=1)):
        got = transform(x[1])
    assert got.requires_grad
    assert torch.equal(got, wanted[1])
    with torch.no_grad():
        assert not transform(x, keys=k).requires_grad


def test_normalize_scales_the_gradient(device):
    x = images(device).requires_grad_()
    normalize = seedaug.Normalize([0.5] * 3, [0.5, 0.25, 2.0])
    normalize(x, Key()).sum().backward()
    assert torch.equal(x.grad, torch.tensor([2, 4, 0.5], device=device).view(3, 1, 1).expand_as(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_gradients_come_in_the_inputs_dtype(device, dtype):
    x = images(device).to(dtype).requires_grad_()
    augment = seedaug.Compose([seedaug.RandomCrop(5), seedaug.Normalize([0], [0.5])], torch.float32)
    y = augment(x, keys=keys(index=range(4), device=device))
    assert y.dtype == torch.float32
    y.sum().backward()
    assert x.grad.dtype == dtype
    assert x.grad.sum() == 2 * y.numel()


@pytest.mark.parametrize("after", [[], [seedaug.RandomCrop(4), seedaug.Normalize([0.0], [0.5])]])
def test_clipped_noise_differentiates_as_clamp(device, after):
    x, k = images(device), keys(index=range(4), device=device)
    transforms = [seedaug.RandomHorizontalFlip(), seedaug.GaussianNoise(sigma=0.5)]
    clipped = seedaug.Compose([*transforms, *after])
    wanted = clipped(x, keys=k)
    x.requires_grad_()
    got = clipped(x, keys=k)
    assert torch.equal(got, wanted)
    (grad,) = torch.autograd.grad(got.sum(), x)
    free = seedaug.Compose([transforms[0], seedaug.GaussianNoise(sigma=0.5, clip=False)])
    by_hand = free(x, keys=k).clamp(0, 1)
    if after:
        by_hand = seedaug.Compose(after)(by_hand, keys=k)
    assert torch.equal(grad, torch.autograd.grad(by_hand.sum(), x)[0])
    assert 0 < (grad == 0).float().mean() < 1


def test_integers_have_no_gradient(device):
    x, k = images(device).requires_grad_(), keys(index=range(4), device=device)
    to_bytes = seedaug.ToDtype(torch.uint8, scale=True)
    assert not to_bytes(x, keys=k).requires_grad
    there_and_back = seedaug.Compose([seedaug.RandomCrop(5), to_bytes], torch.float32)
    made = there_and_back(x, keys=k)
    assert not made.requires_grad
    assert torch.equal(made, there_and_back(x.detach(), keys=k))


def test_a_list_of_images_has_gradients(device):
    k = keys(index=range(2), device=device)
    a, b = images(device)[0].requires_grad_(), images(device)[1, :, :6, :6].clone().requires_grad_()
    crop = seedaug.RandomCrop(5)
    y = crop([a, b], keys=k)
    assert torch.equal(y.detach(), crop([a.detach(), b.detach()], keys=k))
    y.sum().backward()
    assert a.grad.sum() == b.grad.sum() == 75


def test_out_and_gradients_exclude_each_other():
    x = images().requires_grad_()
    with pytest.raises(ValueError, match="out= can't be used where a gradient is recorded"):
        seedaug.CenterCrop(3)(x, Key(), out=torch.empty(4, 3, 3, 3))
    with torch.no_grad():
        seedaug.CenterCrop(3)(x, Key(), out=torch.empty(4, 3, 3, 3))


# --- Second derivatives, and forward mode ---


@pytest.mark.parametrize("key_count", [0, 4])
@pytest.mark.parametrize("transform", [*GEOMETRY, *AFFINE], ids=name)
def test_the_derivative_of_the_gradient(device, transform, key_count):
    k = keys(index=range(4), device=device) if key_count else keys(index=7, device=device)[0]
    x = images(device).requires_grad_()
    y = transform(x, keys=k)
    cotangent = torch.ones_like(y, requires_grad=True)
    (grad,) = torch.autograd.grad(y, x, cotangent, create_graph=True)
    direction = small_integers(x.shape, device, 3)
    (again,) = torch.autograd.grad(grad, cotangent, direction)
    with torch.no_grad():
        wanted = transform(direction, keys=k) - transform(torch.zeros_like(x), keys=k)
    torch.testing.assert_close(again, wanted, atol=1e-5, rtol=1e-5)


def test_a_gradient_penalty(device):
    augment = seedaug.Compose([seedaug.RandomHorizontalFlip(1.0), seedaug.Normalize([0.5], [0.5])])
    x = images(device).requires_grad_()
    y = augment(x, keys=keys(index=range(4), device=device))
    (grad,) = torch.autograd.grad(y.pow(3).sum(), x, create_graph=True)
    grad.sum().backward()
    # y = (x - 0.5) / 0.5, and d/dx of 3 y**2 / 0.5 is 6 y / 0.25
    torch.testing.assert_close(x.grad, 24 * (x.detach() - 0.5) / 0.5)


@pytest.mark.parametrize("transform", [*GEOMETRY, *AFFINE, seedaug.GaussianNoise()], ids=name)
def test_forward_mode(device, transform):
    k, x = keys(index=range(4), device=device), images(device)
    direction = small_integers(x.shape, device, 4)
    _, wanted = torch.autograd.functional.jvp(lambda x: transform(x, keys=k), x, direction)
    y, along = torch.func.jvp(lambda x: transform(x, keys=k), (x,), (direction,))
    assert torch.equal(y, transform(x, keys=k))
    torch.testing.assert_close(along, wanted)
    with forward_ad.dual_level(), seedaug.sample(Key(index=1)):
        one = forward_ad.unpack_dual(transform(forward_ad.make_dual(x[1], direction[1])))
        assert torch.equal(one.tangent, along[1])
        out = torch.empty_like(y)
        with pytest.raises(ValueError, match="out= can't be used where a gradient is recorded"):
            transform(forward_ad.make_dual(x, direction), keys=k, out=out)
