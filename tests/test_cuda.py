"""CUDA: the CPU's bytes from every op, dtype and layout; one launch, any stream, no sync.

What the GPU computes is compared with what the CPU computes here; that the CPU is right is shown
elsewhere, and tests with a `device` of their own run on the GPU too.
"""

import json
from pathlib import Path

import pytest
import torch
from reference import exhaustive

import seedaug
from seedaug import functional as F
from seedaug import keys, ops
from seedaug.program import compile_steps
from seedaug.transforms import color, crop, flip, noise, pad

pytestmark = pytest.mark.cuda

DEVICE = torch.device("cuda")
DTYPES = [torch.uint8, torch.float16, torch.bfloat16, torch.float32]
MODES = ["constant", "edge", "reflect", "symmetric"]
MEMORY = ["contiguous", "channels_last", "strided"]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
GOLDEN = json.loads((Path(__file__).parent / "golden" / "normal.json").read_text())

# 40x41 pixels in three channels are more than one block of threads takes.
PROGRAMS = {
    "crop and flips": [crop.random_crop(20), flip.horizontal_flip(), flip.vertical_flip()],
    **{
        f"crop, {mode}": [crop.random_crop((44, 39), (3, 4), fill=(1, 2, 3), padding_mode=mode)]
        for mode in MODES
    },
    "crop, pad if needed": [crop.random_crop(60, pad_if_needed=True, fill=1)],
    **{f"pad, {mode}": [pad.pad((1, 2, 3, 4), fill=2, padding_mode=mode)] for mode in MODES},
    "center crop": [crop.center_crop((50, 20))],
    "normalize": [color.normalize(MEAN, STD)],
    "noise": [noise.gaussian_noise(0.1, 0.2, clip=False)],
    "noise, clip": [noise.gaussian_noise(sigma=0.5)],
    "to uint8 and back": [color.to_dtype(torch.uint8, True), color.to_dtype(torch.float32, True)],
    "to float16": [color.to_dtype(torch.float16, True)],
    "to bfloat16": [color.to_dtype(torch.bfloat16, True)],
    "two segments": [noise.gaussian_noise(), crop.random_crop(20), noise.gaussian_noise(0.1)],
    "everything": [
        crop.random_crop(36, 2, fill=(1, 2, 3)),
        flip.horizontal_flip(),
        pad.pad((1, 2), padding_mode="reflect"),
        color.normalize(MEAN, STD),
        noise.gaussian_noise(sigma=0.05, clip=False),
        color.to_dtype(torch.float16),
    ],
}


def bits(x):
    """The bytes, so that NaNs and the signs of zeros count."""
    x = x.detach().cpu().flatten().clone(memory_format=torch.contiguous_format)
    return x.view(torch.uint8)


def assert_same(on_gpu, on_cpu):
    assert on_gpu.device.type == DEVICE.type
    assert on_gpu.dtype == on_cpu.dtype
    assert on_gpu.shape == on_cpu.shape
    assert on_gpu.stride() == on_cpu.stride()
    assert torch.equal(bits(on_gpu), bits(on_cpu))


def images(dtype=torch.uint8, memory="contiguous", shape=(5, 3, 40, 41)):
    x = F.words(seedaug.Key(seed=9), shape).remainder(256)
    x = (x / 255).to(dtype) if dtype.is_floating_point else x.to(dtype)
    if memory == "channels_last":
        return x.movedim(-3, -1).contiguous().movedim(-1, -3)
    if memory == "strided":
        return torch.stack([x, x + 1], -1).flatten(-2)[..., ::2]
    return x


def on_device(x):
    """There, with the same strides."""
    there = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=DEVICE)
    return there.copy_(x)


def key_batch(count=5, **more):
    return keys(seed=2**63 + 1, epoch=3, worker=2, index=range(2**33, 2**33 + count), **more)


def program_of(name, dtype):
    (step,) = compile_steps([(one, 1) for one in PROGRAMS[name]], dtype)
    return step


# --- The same bytes ---


@pytest.mark.parametrize("shape", [(1,), (3,), (5, 7), (4099,), (3, 64, 65)])
@pytest.mark.parametrize("count", [1, 5])
def test_fills(shape, count):
    k = key_batch(count)
    for occurrence in (0, 31):
        for dtype in (torch.int32, torch.uint32):
            made = F.words(k.to(DEVICE), shape, dtype, occurrence=occurrence)
            assert_same(made, F.words(k, shape, dtype, occurrence=occurrence))
        for fill in (F.uniform, F.normal):
            for dtype in DTYPES[1:]:
                made = fill(k.to(DEVICE), shape, dtype, occurrence=occurrence)
                assert_same(made, fill(k, shape, dtype, occurrence=occurrence))


def test_every_radius_and_angle():
    """All 2^24 of each: the hashes that the CPU's instruction sets have too."""

    def box_muller(words):
        there = torch.from_numpy(words.view("int32")).to(DEVICE)
        return torch.ops.seedaug.box_muller(there).cpu().numpy()

    assert exhaustive.digests(box_muller) == GOLDEN


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name, dtype, memory):
    x, k = images(dtype, memory), key_batch()
    there, instructions = on_device(x), [(one, 1) for one in PROGRAMS[name]]
    assert_same(F.augment(there, k.to(DEVICE), instructions), F.augment(x, k, instructions))
    one = seedaug.Key(seed=5, index=1)  # one draw for the batch
    assert_same(F.augment(there, one, instructions), F.augment(x, one, instructions))


@pytest.mark.parametrize("dtype", [torch.bool, torch.int16, torch.int32, torch.int64, torch.double])
@pytest.mark.parametrize("name", ["crop and flips", "crop, reflect", "pad, constant"])
def test_geometry_of_any_dtype(name, dtype):
    x, k = images(dtype), key_batch()
    made = F.augment(on_device(x), k.to(DEVICE), PROGRAMS[name])
    assert_same(made, F.augment(x, k, PROGRAMS[name]))


@pytest.mark.parametrize("layout", [ops.PRESERVE, ops.CONTIGUOUS, ops.CHANNELS_LAST])
@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize("shape", [(5, 3, 40, 41), (5, 2, 3, 17, 19), (5, 1, 9, 8), (5, 7, 9)])
def test_layouts(shape, memory, layout):
    if len(shape) == 3 and memory == "channels_last":
        pytest.skip("no channels")
    x, k = images(memory=memory, shape=shape), key_batch()
    (step,) = compile_steps(
        [
            (crop.random_crop(7, 1, fill=3), 0),
            (flip.horizontal_flip(), 0),
            (color.normalize([0.5], [0.25]), 0),
            (noise.gaussian_noise(clip=False), 0),
        ],
        torch.uint8,
    )
    made = ops.augment_nograd(on_device(x), k.to(DEVICE), *step, layout)
    assert_same(made, ops.augment_nograd(x, k, *step, layout))


@pytest.mark.parametrize("memory", MEMORY)
def test_out(memory):
    x, k = images(memory=memory), key_batch()
    program, values, dtype = program_of("everything", torch.uint8)
    shape = ops.augment_nograd(x, k, program, values, dtype, ops.CONTIGUOUS).shape
    for out in (torch.empty(shape, dtype=dtype), images(dtype, "channels_last", shape)):
        there = on_device(out)
        ops.augment_out(x, k, program, values, out)
        ops.augment_out(on_device(x), k.to(DEVICE), program, values, there)
        assert_same(there, out)


@pytest.mark.parametrize("count", [1, 7, 300, 700])  # one launch takes 256, of bytes 640 images
@pytest.mark.parametrize("memory", MEMORY)
def test_lists_of_different_sizes(count, memory):
    k = key_batch(count)
    sizes = [(24 + i % 7, 24 + i % 5) for i in range(count)]
    pictures = [images(memory=memory, shape=(3, *size)) for size in sizes]
    step = compile_steps([(crop.random_crop(24), 0), (flip.horizontal_flip(), 0)], torch.uint8)[0]
    there = [on_device(one) for one in pictures]
    made = ops.augment_list(there, k.to(DEVICE), *step, ops.PRESERVE)
    wanted = ops.augment_list(pictures, k, *step, ops.PRESERVE)
    assert_same(made, wanted)
    out = torch.empty_like(made)
    ops.augment_list_out(there, k.to(DEVICE), *step[:2], out)
    assert_same(out, wanted)


@pytest.mark.parametrize("name", PROGRAMS)
def test_params(name):
    k = key_batch(1000)
    for program, values, _ in compile_steps([(one, 1) for one in PROGRAMS[name]], torch.uint8):
        size = (70, 71) if "crop, pad if needed" in name else (40, 41)
        for some in (k, k[0], k[::3]):
            assert_same(
                ops.params(some.to(DEVICE), program, values, *size),
                ops.params(some, program, values, *size),
            )


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize(
    "name", ["crop and flips", *[f"crop, {m}" for m in MODES], "pad, symmetric", "everything"]
)
def test_gradients(name, dtype):
    x, k = images(dtype), key_batch()
    program, values, out_dtype = program_of(name, dtype)
    shape = ops.augment_nograd(x, k, program, values, out_dtype, ops.CONTIGUOUS).shape
    grad = images(out_dtype, shape=shape)
    made = ops.augment_backward(on_device(grad), k.to(DEVICE), program, values, [*x.shape], dtype)
    assert_same(made, ops.augment_backward(grad, k, program, values, [*x.shape], dtype))


def test_gradients_through_autograd():
    x, k = images(torch.float32), key_batch()
    found = []
    for here in (x.clone(), on_device(x)):
        here.requires_grad_()
        F.augment(here, k.to(here.device), PROGRAMS["everything"]).float().square().sum().backward()
        found.append(here.grad)
    assert_same(found[1], found[0])


@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("name", ["normalize", "noise", "noise, clip", "to uint8 and back"])
def test_numbers_at_the_edges(name, dtype):
    """NaN, infinities, zeros of both signs, subnormals, the largest."""
    info = torch.finfo(dtype)
    odd = [torch.nan, -torch.nan, torch.inf, -torch.inf, 0.0, -0.0]
    odd += [info.tiny, -info.tiny / 4, info.smallest_normal / 2, info.max, info.min, 0.5 / 255, 1.5]
    x, k = torch.tensor(odd).to(dtype).repeat(2, 3, 4, 3), key_batch(2)
    made = F.augment(on_device(x), k.to(DEVICE), PROGRAMS[name])
    assert_same(made, F.augment(x, k, PROGRAMS[name]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_rounding_to_sixteen_bits(dtype):
    """Each value of the type, each middle between two, and the floats beside those; NaNs too.

    In rows side by side, and in every second column, which another kernel takes.
    """
    exact = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16).view(dtype).float()
    around = exact.view(torch.int32)[:, None]
    half = 1 << (12 if dtype is torch.float16 else 15)
    steps = torch.tensor([0, 1, -1, half, half + 1, half - 1, -half, -half - 1, 1 - half])
    values = (around.to(torch.int64) + steps).to(torch.int32).view(torch.float32)
    k = key_batch(1)
    x = values.reshape(1, 1, 9 * 256, 256)
    for picture in (x, torch.stack([x, x], -1).flatten(-2)[..., ::2]):
        there = on_device(picture)
        made = F.augment(there, k.to(DEVICE), [color.to_dtype(dtype)])
        assert_same(made, F.augment(picture, k, [color.to_dtype(dtype)]))
        back = [color.to_dtype(dtype), color.to_dtype(torch.float32)]
        assert_same(F.augment(there, k.to(DEVICE), back), F.augment(picture, k, back))


@pytest.mark.parametrize("memory", MEMORY)
@pytest.mark.parametrize(
    "shape", [(3, 3, 32, 32), (3, 3, 33, 31), (70, 3, 16, 24), (2, 3, 65, 224)]
)
@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_the_commonest_program(shape, dtype, memory):
    """Crop, flip, normalise, with and without noise: kernels of their own, from every offset."""
    x, k = images(memory=memory, shape=shape), key_batch(shape[0])
    begin = [crop.random_crop(shape[-2:], 4, fill=(1, 2, 3)), flip.horizontal_flip()]
    begin += [color.normalize(MEAN, STD)]
    for more in ([], [noise.gaussian_noise(sigma=0.1, clip=False)], [noise.gaussian_noise()]):
        for layout in (ops.CONTIGUOUS, ops.CHANNELS_LAST):
            chain = [(one, 1) for one in [*begin, *more, color.to_dtype(dtype)]]
            (step,) = compile_steps(chain, torch.uint8)
            made = ops.augment_nograd(on_device(x), k.to(DEVICE), *step, layout)
            assert_same(made, ops.augment_nograd(x, k, *step, layout))


def test_compose():
    augment = seedaug.Compose(
        [
            seedaug.RandomCrop(32, padding=4),
            seedaug.RandomHorizontalFlip(),
            seedaug.Normalize(MEAN, STD),
            seedaug.GaussianNoise(sigma=0.05, clip=False),
        ],
        dtype=torch.float16,
        memory_format=torch.channels_last,
    )
    x, k = images(), key_batch()
    for more in ({}, {"view": 1}, {"stage": 1}, {"same_on_batch": True}):
        assert_same(augment(on_device(x), keys=k.to(DEVICE), **more), augment(x, keys=k, **more))
    with seedaug.sample(seedaug.Key(seed=1)):
        there = augment(on_device(x[0]))
    with seedaug.sample(seedaug.Key(seed=1)):
        assert_same(there, augment(x[0]))


def test_keys_of_any_stride():
    x, k = on_device(images()), key_batch(10)
    for some in (
        k.to(DEVICE)[::2],
        k.T.contiguous().to(DEVICE).T[:5],
        k[:1].to(DEVICE).expand(5, 3),
    ):
        assert_same(
            F.random_crop(x, keys=some, size=9), F.random_crop(images(), keys=some.cpu(), size=9)
        )


def test_an_empty_batch():
    made = F.random_crop(
        torch.empty(0, 3, 8, 8, device=DEVICE), keys=key_batch(0).to(DEVICE), size=4
    )
    assert made.shape == (0, 3, 4, 4)
    assert F.normal(key_batch(0).to(DEVICE), (3,)).shape == (0, 3)


@pytest.mark.slow
def test_more_than_two_to_the_31_elements():
    """In one image, and in a batch."""
    if torch.cuda.mem_get_info()[0] < 20 * 2**30:
        pytest.skip("needs 20 GiB of GPU memory")
    x = torch.randint(256, (3, 30_000, 30_000), dtype=torch.uint8, device=DEVICE)
    made = F.horizontal_flip(x)
    for row in (0, 15_000, 29_999):
        assert torch.equal(made[:, row], x[:, row].flip(-1))
    batch, k = x.view(3 * 2500, 600, 600), keys(index=range(7500))
    made = F.random_crop(batch[:, None], keys=k.to(DEVICE), size=599)
    for n in (0, 5965, 7499):
        assert_same(made[n], F.random_crop(batch[n, None].cpu(), keys=k[n], size=599))


# --- How it runs ---


def augment_batch(x, k):
    return F.augment(x, k, PROGRAMS["everything"])


def test_a_captured_graph_is_replayed_with_new_keys():
    x, k = images(), key_batch()
    there, static = on_device(x), k.to(DEVICE)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        augment_batch(there, static)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):  # a synchronisation would break the capture
        made = augment_batch(there, static)
        numbers = F.normal(static, (100,))
        drawn = ops.params(static, *program_of("crop and flips", torch.uint8)[:2], 40, 41)
    for epoch in range(4):
        new = keys(seed=1, epoch=epoch, index=range(5))
        static.copy_(new)
        graph.replay()
        assert_same(made, augment_batch(x, new))
        assert_same(numbers, F.normal(new, (100,)))
        wanted = ops.params(new, *program_of("crop and flips", torch.uint8)[:2], 40, 41)
        assert_same(drawn, wanted)


def test_work_goes_to_the_current_stream():
    """Were it another stream, it would not wait for the copy behind a long sleep."""
    x, k = images(), key_batch()
    there, new, static = torch.zeros_like(x, device=DEVICE), on_device(x), k.to(DEVICE)
    augment_batch(there, static)
    torch.cuda.synchronize()
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        torch.cuda._sleep(200_000_000)
        there.copy_(new)
        made = augment_batch(there, static)
    side.synchronize()
    assert_same(made, augment_batch(x, k))


def test_another_device_than_the_current_one():
    if torch.cuda.device_count() < 2:
        pytest.skip("one GPU only")
    x, k = images(), key_batch()
    second = torch.device("cuda", 1)
    made = augment_batch(x.to(second), k.to(second))
    assert made.device == second
    assert torch.cuda.current_device() == 0
    assert torch.equal(bits(made), bits(augment_batch(x, k)))


def kernels_of(call):
    """Names of the kernels and copies that a call puts on the GPU."""
    call()
    torch.cuda.synchronize()
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        call()
        torch.cuda.synchronize()
    return [
        event.name
        for event in profile.events()
        if event.device_type == torch.autograd.DeviceType.CUDA
    ]


def test_a_batch_is_one_launch():
    x, k = on_device(images(shape=(64, 3, 40, 41))), key_batch(64).to(DEVICE)
    pipeline = seedaug.Compose(
        [
            seedaug.RandomCrop(32, padding=4, padding_mode="reflect"),
            seedaug.RandomHorizontalFlip(),
            seedaug.Normalize(MEAN, STD),
            seedaug.GaussianNoise(sigma=0.05, clip=False),
        ],
        dtype=torch.float16,
    )
    names = kernels_of(lambda: pipeline(x, keys=k))
    assert len(names) == 1, names
    assert "augment_kernel" in names[0]


def test_nothing_synchronises():
    x, k = on_device(images()), key_batch().to(DEVICE)
    pictures = [on_device(images(shape=(3, 30 + i, 31))) for i in range(5)]
    pipeline = seedaug.Compose([seedaug.RandomCrop(24), seedaug.RandomHorizontalFlip()])
    still = seedaug.Compose([seedaug.CenterCrop(24), seedaug.Normalize(MEAN, STD)])
    torch.cuda.set_sync_debug_mode("error")
    try:
        for call in (
            lambda: augment_batch(x, k),
            lambda: pipeline(x, keys=k),
            lambda: pipeline(pictures, keys=k),
            lambda: pipeline(x, keys=k, same_on_batch=True),
            lambda: F.normal(k, (100,)),
            lambda: still(x),
            lambda: still(x[0]),
            lambda: F.horizontal_flip(x),
            lambda: F.center_crop(pictures, 24),
        ):
            call()
    finally:
        torch.cuda.set_sync_debug_mode("default")
