"""Wiring of the native ops: what torch knows of them agrees with what they do."""

import pytest
import torch

from seedaug import keys, ops
from seedaug.program import compile_steps
from seedaug.transforms import color, crop, flip, noise, pad

OPCHECKS = ("test_schema", "test_autograd_registration", "test_faketensor")
DYNAMIC = (*OPCHECKS, "test_aot_dispatch_dynamic")


def program_of(dtype, *instructions):
    (step,) = compile_steps([(one, 0) for one in instructions], dtype)
    return step.program, step.values, step.dtype


def everything(dtype=torch.uint8):
    return program_of(
        dtype,
        crop.random_crop(6, padding=2, fill=(1, 2, 3)),
        flip.horizontal_flip(),
        pad.pad((1, 2)),
        color.normalize([0.5] * 3, [0.25] * 3),
        noise.gaussian_noise(clip=False),
        color.to_dtype(torch.float16),
    )


def images(device, dtype, memory):
    x = torch.arange(4 * 3 * 8 * 9, device=device).reshape(4, 3, 8, 9).remainder(251).to(dtype)
    if memory == "channels_last":
        return x.contiguous(memory_format=torch.channels_last)
    if memory == "strided":
        return torch.cat([x, x], -1)[..., ::2]
    return x


@pytest.mark.parametrize("memory", ["contiguous", "channels_last", "strided"])
@pytest.mark.parametrize("layout", [ops.PRESERVE, ops.CONTIGUOUS, ops.CHANNELS_LAST])
@pytest.mark.parametrize("key_count", [0, 4])
def test_opcheck_augment(device, memory, layout, key_count):
    x = images(device, torch.float32, memory).requires_grad_()
    k = keys(index=range(4), device=device) if key_count else keys(device=device)[0]
    program = program_of(torch.float32, crop.random_crop(5), color.normalize([0.5], [0.5]))
    torch.library.opcheck(ops.augment, (x, k, *program, layout), test_utils=DYNAMIC)


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_opcheck_nograd(device, memory, dtype):
    x = images(device, dtype, memory)
    k = keys(index=range(4), device=device)
    arguments = (x, k, *everything(dtype), ops.PRESERVE)
    torch.library.opcheck(ops.augment_nograd, arguments, test_utils=OPCHECKS)


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
def test_opcheck_key(memory):
    x = images("cpu", torch.uint8, memory)
    arguments = (x[0], 1, 2**32, 3 << 8, *everything(), ops.PRESERVE)
    torch.library.opcheck(ops.augment_key, arguments, test_utils=OPCHECKS)


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
def test_opcheck_list(device, memory):
    x = images(device, torch.uint8, memory)
    k = keys(index=range(2), device=device)
    program, values, dtype = everything()
    arguments = ([x[0], x[1, :, :7, :8]], k, program, values, dtype, ops.PRESERVE)
    torch.library.opcheck(ops.augment_list, arguments, test_utils=OPCHECKS)


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
def test_opcheck_out(device, memory):
    x = images(device, torch.uint8, memory)
    k = keys(index=range(4), device=device)
    program, values, dtype = everything()
    out, out_list = (torch.empty(4, 3, 10, 8, dtype=dtype, device=device) for _ in range(2))
    arguments = (x, k, program, values, out)
    torch.library.opcheck(ops.augment_out, arguments, test_utils=OPCHECKS)
    arguments_list = (list(x), k, program, values, out_list)
    torch.library.opcheck(ops.augment_list_out, arguments_list, test_utils=OPCHECKS)
    ops.augment_out(*arguments)
    ops.augment_list_out(*arguments_list)
    assert torch.equal(out, out_list)


@pytest.mark.parametrize("memory", ["contiguous", "channels_last"])
def test_opcheck_backward(device, memory):
    grad = images(device, torch.float32, memory)[..., :5, :5]
    k = keys(index=range(4), device=device)
    program, values, _ = program_of(torch.float32, crop.random_crop(5), flip.horizontal_flip())
    arguments = (grad, k, program, values, [4, 3, 8, 9], torch.float32)
    torch.library.opcheck(ops.augment_backward, arguments, test_utils=OPCHECKS)


def test_opcheck_params_and_fill(device):
    k = keys(index=range(4), device=device)
    program, values, _ = everything()
    torch.library.opcheck(ops.params, (k, program, values, 8, 9), test_utils=OPCHECKS)
    torch.library.opcheck(ops.params, (k[0], program, values, 8, 9), test_utils=OPCHECKS)
    for kind, dtype in ((16, torch.int32), (17, torch.float16), (18, torch.float32)):
        for given in (k, k[0]):
            arguments = (given, kind, 0, [3, 5], dtype)
            torch.library.opcheck(ops.fill, arguments, test_utils=OPCHECKS)


@pytest.mark.parametrize("layout", [ops.PRESERVE, ops.CONTIGUOUS, ops.CHANNELS_LAST])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(), (4,), (4, 2), (4, 2, 2)])
@pytest.mark.parametrize("innermost", [False, True])
def test_fake_strides_are_the_real_ones(device, layout, channels, shape, innermost):
    x = torch.zeros(*shape, 8, 9, channels, device=device).movedim(-1, -3)
    if not innermost:
        x = x.contiguous()
    program = program_of(torch.float32, crop.random_crop(5))
    for k in [keys(device=device)[0]] + ([keys(index=range(4), device=device)] if shape else []):
        real = ops.augment_nograd(x, k, *program, layout)
        with torch._subclasses.FakeTensorMode() as mode:
            given = (mode.from_tensor(x), mode.from_tensor(k))
            fake = ops.augment_nograd(*given, *program, layout)
        assert fake.shape == real.shape
        assert fake.stride() == real.stride()


def test_fake_strides_where_leading_dimensions_do_not_merge():
    x = torch.zeros(2, 5, 4, 8, 9, 3)[:, :3].movedim(-1, -3)
    program = program_of(torch.float32, crop.random_crop(5))
    key = keys()[0]
    real = ops.augment_nograd(x, key, *program, ops.PRESERVE)
    with torch._subclasses.FakeTensorMode() as mode:
        given = (mode.from_tensor(x), mode.from_tensor(key))
        fake = ops.augment_nograd(*given, *program, ops.PRESERVE)
    assert fake.stride() == real.stride()


def test_leading_dimensions_that_only_seem_to_merge():
    x = torch.arange(2 * 9 * 3, dtype=torch.uint8).view(1, 2, 3, 3, 3)
    x = x.expand(2, 1, 2, 3, 3, 3)  # a repeated dimension, one of a single entry, one of two
    program = program_of(torch.uint8, flip.horizontal_flip(1.0))
    got = ops.augment_nograd(x, keys()[0], *program, ops.PRESERVE)
    assert torch.equal(got, x.flip(-1))
    with torch._subclasses.FakeTensorMode() as mode:
        given = (mode.from_tensor(x), mode.from_tensor(keys()[0]))
        assert ops.augment_nograd(*given, *program, ops.PRESERVE).stride() == got.stride()


# --- torch.vmap ---


def test_vmap_over_images_and_keys_is_the_batch(device):
    x, k = images(device, torch.float32, "contiguous"), keys(index=range(4), device=device)
    program = everything(torch.float32)

    def one(image, key):
        return ops.augment_nograd(image, key, *program, ops.PRESERVE)

    batch = ops.augment_nograd(x, k, *program, ops.PRESERVE)
    assert torch.equal(torch.vmap(one)(x, k), batch)
    assert torch.equal(torch.vmap(one, in_dims=(3, 1))(x.movedim(0, 3), k.T), batch)


def test_vmap_over_one_of_them(device):
    x, k = images(device, torch.float32, "contiguous"), keys(index=range(4), device=device)
    program = everything(torch.float32)

    def one(image, key):
        return ops.augment(image, key, *program, ops.PRESERVE)

    each = torch.stack([one(image, k[1]) for image in x])
    assert torch.equal(torch.vmap(one, in_dims=(0, None))(x, k[1]), each)
    each = torch.stack([one(x[1], key) for key in k])
    assert torch.equal(torch.vmap(one, in_dims=(None, 0))(x[1], k), each)


def test_vmap_over_batches(device):
    x = torch.stack([images(device, torch.float32, "contiguous")] * 2)
    k = torch.stack([keys(seed=seed, index=range(4), device=device) for seed in (0, 1)])
    program = everything(torch.float32)

    def one(batch, batch_keys):
        return ops.augment(batch, batch_keys, *program, ops.PRESERVE)

    each = torch.stack([one(x[0], k[0]), one(x[1], k[1])])
    assert torch.equal(torch.vmap(one)(x, k), each)


def test_vmap_of_one_packed_key():
    x = images("cpu", torch.uint8, "contiguous")
    program = everything()

    def one(image):
        return ops.augment_key(image, 5, 0, 0, *program, ops.PRESERVE)

    assert torch.equal(torch.vmap(one)(x), torch.stack([one(image) for image in x]))


@pytest.mark.parametrize("key_count", [0, 4])
def test_vmap_of_the_gradient(device, key_count):
    x = images(device, torch.float32, "contiguous").requires_grad_()
    k = keys(index=range(4), device=device) if key_count else keys(device=device)[0]
    program = program_of(torch.float32, crop.random_crop(5), color.normalize([0.5], [0.25]))
    y = ops.augment(x, k, *program, ops.PRESERVE)
    grads = torch.stack([torch.ones_like(y), torch.arange(y.numel(), device=device).view_as(y)])
    grads = grads.to(y.dtype)
    each = [torch.autograd.grad(y, x, grad, retain_graph=True)[0] for grad in grads]
    (batched,) = torch.autograd.grad(y, x, grads, is_grads_batched=True)
    assert torch.equal(batched, torch.stack(each))
