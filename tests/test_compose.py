"""Compose: fused or one by one, the same bits; how uses are counted; splits and options."""

import contextlib
import copy
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import v2

import seedaug
from seedaug import Compose, Key, keys, sample
from seedaug.context import current

DTYPES = [torch.uint8, torch.float16, torch.bfloat16, torch.float32]


def one_by_one(transforms, x, key):
    with sample(key):
        for transform in transforms:
            x = transform(x)
    return x


def picture(dtype=torch.uint8, count=None):
    shape = (3, 9, 10) if count is None else (count, 3, 9, 10)
    x = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1))
    return (x / 255).to(dtype) if dtype.is_floating_point else x.to(dtype)


small = st.integers(0, 3)
some_transforms = st.one_of(
    st.builds(
        seedaug.RandomCrop,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        padding=st.one_of(st.none(), st.tuples(small, small, small, small)),
        pad_if_needed=st.just(True),
        fill=st.sampled_from([0, 1, 0.5, (1, 2, 3)]),
    ),
    st.builds(seedaug.CenterCrop, st.integers(1, 14)),
    st.builds(
        seedaug.Pad,
        st.tuples(small, small),
        fill=st.sampled_from([0, 3, (0.25, 0.5, 1)]),
        padding_mode=st.sampled_from(["constant", "edge"]),
    ),
    st.builds(seedaug.RandomHorizontalFlip, st.sampled_from([0.0, 0.3, 0.5, 1.0])),
    st.builds(seedaug.RandomVerticalFlip),
    st.builds(
        seedaug.GaussianNoise,
        st.sampled_from([0.0, 0.2]),
        st.sampled_from([0.0, 0.1, 1.0]),
        st.booleans(),
    ),
    st.builds(seedaug.Normalize, st.just([0.1, 0.2, 0.3]), st.just([0.5, 0.25, 2.0])),
    st.builds(seedaug.ToDtype, st.sampled_from(DTYPES), st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(some_transforms, min_size=1, max_size=8),
    st.sampled_from(DTYPES),
    st.integers(0, 2**40 - 1),
)
def test_fused_is_one_by_one(transforms, dtype, index):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fused = Compose(transforms)
    key, x = Key(seed=7, index=index), picture(dtype)
    wanted = one_by_one(transforms, x, key)
    for got in (fused(x, key), fused(x[None], keys=key.tensor()[None])[0]):
        assert got.dtype == wanted.dtype
        assert torch.equal(got.view(torch.uint8), wanted.view(torch.uint8))
    with torch.enable_grad():
        tracked = fused(x.requires_grad_(), key) if dtype.is_floating_point else wanted
    assert torch.equal(tracked.detach().view(torch.uint8), wanted.view(torch.uint8))


def test_views_are_the_pipeline_again():
    transforms = [
        seedaug.RandomCrop(8),
        seedaug.RandomHorizontalFlip(),
        seedaug.RandomCrop(5),
        seedaug.GaussianNoise(),
    ]
    augment, x, key = Compose(transforms), picture(), Key(seed=1, index=5)
    with sample(key):
        views = [augment(x) for _ in range(4)]
    for view, wanted in enumerate(views):
        assert torch.equal(augment(x, key, view=view), wanted)
    with sample(key):
        again = []
        for _ in range(4):
            y = x
            for transform in transforms:
                y = transform(y)
            again.append(y)
    assert all(torch.equal(a, b) for a, b in zip(views, again, strict=True))


def test_other_transforms_leave_a_draw_as_it_was():
    key, x = Key(seed=1, index=5), picture()
    crop, flip = seedaug.RandomCrop(5), seedaug.RandomVerticalFlip(1.0)
    at = crop.params(key, (9, 10))
    assert Compose([flip, crop]).params(key, (9, 10))["random_crop"] == at["random_crop"]
    assert torch.equal(Compose([flip, crop])(x, key), crop(x.flip(-2), key))


def test_stage_of_the_compose_and_of_the_call():
    transforms, x, key = [seedaug.GaussianNoise()], picture(), Key(index=3)
    first, second = Compose(transforms), Compose(transforms, stage=1)
    assert not torch.equal(first(x, key), second(x, key))
    assert torch.equal(first(x, key, stage=1), second(x, key))
    assert torch.equal(second(x, key, stage=0), first(x, key))
    with sample(key, stage=1):
        assert torch.equal(first(x), second(x, key))


def test_a_context_counts_what_a_compose_takes():
    augment = Compose([seedaug.RandomCrop(5), seedaug.RandomCrop(4), seedaug.Normalize([0], [1])])
    with sample(Key()) as opened:
        augment(picture())
        augment(picture())
        assert opened.counts == {seedaug.RandomCrop.kind: 4}


def test_the_seventeenth_use_is_an_error():
    flip = seedaug.RandomHorizontalFlip()
    x, key = picture(), Key()
    Compose([flip] * 16)(x, key)
    with pytest.raises(ValueError, match=r"RandomHorizontalFlip would be used more than 16 times"):
        Compose([flip] * 17)(x, key)
    with pytest.raises(ValueError, match=r"view=16, 1 uses"):
        flip(x, key, view=16)
    with sample(key):
        for _ in range(16):
            flip(x)
        with pytest.raises(RuntimeError, match="used more than 16 times"):
            flip(x)
    with sample(key), pytest.raises(RuntimeError, match="used more than 16 times"):
        Compose([flip] * 17)(x)
    plain = Compose([seedaug.Normalize([0], [1])] * 40)
    assert plain(x, key).shape == x.shape


def test_long_programs_are_cut_and_stay_the_same():
    transforms = []
    for _ in range(6):
        transforms += [
            seedaug.RandomHorizontalFlip(),
            seedaug.Pad((1, 0), fill=(1, 2, 3)),
            seedaug.RandomCrop((9, 10)),
            seedaug.Normalize([0.1, 0, 0], [0.9, 1, 1]),
            seedaug.ToDtype(torch.float16),
            seedaug.ToDtype(torch.float32),
        ]
    augment, x, key = Compose(transforms), picture(), Key(index=2)
    pipeline = augment._pipeline
    steps = pipeline.steps(x, torch.Tensor, False, (0,) * len(transforms))
    assert len(steps) > 1
    assert torch.equal(augment(x, key), one_by_one(transforms, x, key))


def test_nested_composes_are_flattened():
    inner = Compose([seedaug.RandomHorizontalFlip(), Compose([seedaug.RandomCrop(6)])])
    nested = Compose([seedaug.RandomCrop(8), inner], dtype=torch.float32)
    flat = Compose(
        [
            seedaug.RandomCrop(8),
            seedaug.RandomHorizontalFlip(),
            seedaug.RandomCrop(6),
            seedaug.ToDtype(torch.float32, scale=True),
        ]
    )
    x, key = picture(), Key(index=4)
    assert nested._pipeline is not None
    assert torch.equal(nested(x, key), flat(x, key))


@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format, None])
@pytest.mark.parametrize("innermost", [False, True])
def test_memory_format(device, memory_format, innermost):
    augment = Compose(
        [seedaug.RandomCrop(6), seedaug.GaussianNoise()], torch.float16, memory_format
    )
    x, k = picture(count=4).to(device), keys(index=range(4), device=device)
    if innermost:
        x = x.contiguous(memory_format=torch.channels_last)
    y = augment(x, keys=k)
    wanted = memory_format or (torch.channels_last if innermost else torch.contiguous_format)
    assert y.is_contiguous(memory_format=wanted)
    assert torch.equal(y, Compose(augment.transforms, torch.float16)(x.contiguous(), keys=k))
    with sample(Key(index=1)):
        assert torch.equal(augment(x[1]), y[1])


def test_lists_of_images_of_any_size_are_one_batch(device):
    images = [picture()[:, :h, :w].to(device) for h, w in ((9, 10), (8, 7), (6, 10), (9, 6))]
    k = keys(seed=2, index=range(4), device=device)
    each = [Key(seed=2, index=i) for i in range(4)]
    mean, std = [0.5] * 3, [0.2] * 3
    for transforms in (
        [seedaug.RandomCrop(6), seedaug.RandomHorizontalFlip(), seedaug.Normalize(mean, std)],
        [seedaug.GaussianNoise(), seedaug.RandomCrop(6)],
        [seedaug.RandomCrop(6), seedaug.GaussianNoise(), seedaug.CenterCrop(4)],
    ):
        augment = Compose(transforms)
        wanted = torch.stack([augment(x, key) for x, key in zip(images, each, strict=True)])
        assert torch.equal(augment(images, keys=k), wanted)
        out = torch.empty_like(wanted)
        assert augment(images, keys=k, out=out) is out
        assert torch.equal(out, wanted)


def test_a_list_under_the_first_key():
    images = [picture(), picture(), picture()]
    k = keys(seed=2, index=range(3))
    augment = Compose([seedaug.RandomCrop(6), seedaug.GaussianNoise()])
    made = augment(images, keys=k, same_on_batch=True)
    assert torch.equal(made, augment(torch.stack(images), keys=k[:1].expand(3, 3)))
    assert torch.equal(made[0], augment(images[0], keys=k[0]))
    assert torch.equal(made[2], made[0])


def test_parameters_are_images_in_a_list():
    images = [torch.nn.Parameter(picture(torch.float32)) for _ in range(3)]
    made = seedaug.RandomCrop(6)(images, keys=keys(index=range(3)))
    assert made.shape == (3, 3, 6, 6)
    made.sum().backward()
    assert all(image.grad.sum() == 108 for image in images)


@pytest.mark.parametrize("x", [picture(torch.float32, 4), [*picture(torch.float32, 4)]])
@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize(
    "transforms", [[seedaug.ToDtype(torch.float32)], [seedaug.GaussianNoise()]]
)
@pytest.mark.parametrize("memory_format", [torch.channels_last, torch.contiguous_format])
def test_memory_format_of_what_hardly_changes(transforms, memory_format, grad, x):
    augment = Compose(transforms, memory_format=memory_format)
    if isinstance(x, list):
        y = augment([one.clone().requires_grad_(grad) for one in x], keys=keys(index=range(4)))
    else:
        other = {torch.channels_last, torch.contiguous_format} - {memory_format}
        x = x.clone(memory_format=other.pop())
        y = augment(x.requires_grad_(grad), keys=keys(index=range(4)))
    assert y.requires_grad == grad
    assert y.is_contiguous(memory_format=memory_format)
    with sample(Key(index=1)):
        one = augment(x[1].clone(memory_format=torch.contiguous_format))
    assert torch.equal(one, y[1])
    assert one.stride() == y[1].stride()


# --- Beside others ---


def test_foreign_callables_split_the_chain(device):
    augment = Compose(
        [
            seedaug.RandomCrop(8),
            lambda x: x.flip(-1),
            v2.Resize(6, antialias=False, interpolation=v2.InterpolationMode.NEAREST),
            seedaug.RandomCrop(4),
            seedaug.RandomVerticalFlip(),
        ]
    )
    x = picture().to(device)
    for index in range(4):
        key = Key(index=index)
        wanted = one_by_one(augment.transforms, x, key)
        assert torch.equal(augment(x, key), wanted)
        assert torch.equal(augment(x, keys=key.tensor(device)), wanted)
        assert torch.equal(augment(x[None], keys=key.tensor(device)[None])[0], wanted)
        with sample(key):
            assert torch.equal(augment(x), wanted)
            second = augment(x)
        assert torch.equal(augment(x, key, view=1), second)
        assert torch.equal(augment(x[None], keys=key.tensor(device)[None], view=1)[0], second)


def test_seedaugs_transforms_inside_of_a_foreign_one_have_the_key():
    inside = v2.Compose([seedaug.RandomCrop(5)])
    augment, x, key = Compose([seedaug.RandomCrop(8), inside]), picture(), Key(index=1)
    wanted = one_by_one([seedaug.RandomCrop(8), seedaug.RandomCrop(5)], x, key)
    assert torch.equal(augment(x, key), wanted)


def brightness(x):
    return x * seedaug.rng().uniform(0.5, 1.5)


@pytest.mark.parametrize(
    "transforms",
    [
        [brightness, seedaug.RandomHorizontalFlip()],
        [v2.Compose([seedaug.RandomCrop(7)]), seedaug.RandomCrop(5), brightness],
    ],
)
def test_views_of_what_foreign_callables_draw(transforms):
    augment, x, key = Compose(transforms), picture(torch.float32), Key(index=1)
    with sample(key):
        views = [augment(x) for _ in range(4)]
    assert not torch.equal(views[0], views[1])
    for view, wanted in enumerate(views):
        assert torch.equal(augment(x, key, view=view), wanted)
    with pytest.raises(RuntimeError, match="more than 16 times"):
        Compose([brightness])(x, key, view=10**30)


@pytest.mark.parametrize("part", [brightness, v2.Compose([seedaug.RandomCrop(7)])])
def test_foreign_callables_have_no_key_under_n(part):
    augment, x, k = Compose([part, seedaug.RandomCrop(5)]), picture(count=2), keys(index=range(2))
    for context in (sample(Key(seed=9)), contextlib.nullcontext()):
        with context, pytest.raises(seedaug.NoKeyError, match="no one sample"):
            augment(x, keys=k)
    with sample(Key(seed=9)) as opened:
        assert current() is opened


class Zero(seedaug.RandomHorizontalFlip):
    def forward(self, *inputs, **options):
        return super().forward(*inputs, **options) * 0


class Halved(seedaug.RandomCrop):
    def forward(self, *inputs, **options):
        return super().forward(*inputs, **options) // 2


class ZeroCompose(Compose):
    def forward(self, *inputs, **options):
        return super().forward(*inputs, **options) * 0


def test_a_forward_of_its_own_is_called():
    x, k, key = picture(count=4), keys(index=range(4)), Key(index=2)
    for augment in (Compose([Zero()]), Compose([seedaug.RandomCrop(5), Zero(), Zero()])):
        assert augment(x, keys=k).sum() == augment(x, key, view=1).sum() == 0
    plain = [seedaug.RandomCrop(8), seedaug.RandomCrop(6), seedaug.RandomCrop(4)]
    augment = Compose([plain[0], Halved(6), plain[2]])
    assert torch.equal(augment(x, keys=k, stage=1), Compose(plain)(x, keys=k, stage=1) // 2)
    assert torch.equal(augment(x[2], key, view=2), Compose(plain)(x[2], key, view=2) // 2)
    assert augment.params(key, (9, 10), view=1) == Compose(plain).params(key, (9, 10), view=1)
    with sample(key):
        assert torch.equal(augment(x[2]), augment(x, keys=k)[2])
    nested = Compose([seedaug.RandomCrop(8), ZeroCompose([seedaug.RandomCrop(6)])])
    assert nested(x, key).sum() == 0
    with pytest.raises(seedaug.NoKeyError):
        nested(x, keys=k)


def test_hooks_are_called_whenever_they_were_registered():
    x, k, key = picture(count=4), keys(index=range(4)), Key(index=2)
    flip = seedaug.RandomHorizontalFlip()
    inner = Compose([flip])
    late = Compose([inner])
    wanted = late(x, keys=k)
    handle = flip.register_forward_hook(lambda module, inputs, output: output // 2)
    for augment in (late, copy.deepcopy(late), Compose([inner])):
        assert torch.equal(augment(x, keys=k), wanted // 2)
    handle.remove()
    assert torch.equal(late(x, keys=k), wanted)
    inner.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 0, *inputs[1:]))
    assert late(x, key).sum() == 0


def test_several_inputs_pass_through_every_part():
    augment = Compose(
        [seedaug.RandomCrop(5), lambda x, label: (x, label + 1), seedaug.CenterCrop(3)]
    )
    x, label = augment(picture(), torch.tensor(3), keys=Key())
    assert x.shape == (3, 3, 3)
    assert label == 4


def test_params_in_order_of_the_program():
    augment = Compose(
        [
            seedaug.Pad(1),
            seedaug.RandomCrop(8),
            seedaug.RandomHorizontalFlip(),
            seedaug.GaussianNoise(),
            seedaug.RandomCrop(5),
        ]
    )
    k = keys(seed=1, index=range(3))
    drawn = augment.params(k, (9, 10))
    assert list(drawn[0]) == ["pad", "random_crop", "horizontal_flip", "random_crop[1]"]
    second = seedaug.RandomCrop(5).params(Key(seed=1, index=2), (8, 8), view=1)
    assert drawn[2]["random_crop[1]"] == second["random_crop"]
    assert drawn[1] == augment.params(Key(seed=1, index=1), (9, 10))
    flips = Compose([seedaug.RandomHorizontalFlip(), lambda x: x, seedaug.RandomVerticalFlip()])
    assert list(flips.params(k[0])) == ["horizontal_flip", "vertical_flip"]
    unknown = Compose([lambda x: x, seedaug.RandomCrop(3)])
    with pytest.raises(ValueError, match="needs size="):
        unknown.params(k, (9, 10))


def test_threads_share_a_compose():
    augment = Compose([seedaug.RandomCrop(5), seedaug.GaussianNoise()], torch.float16)
    x = picture()

    def one(index):
        with sample(Key(index=index)):
            return augment(x), augment(x)

    with ThreadPoolExecutor(8) as pool:
        for index, (first, second) in enumerate(pool.map(one, range(200))):
            assert torch.equal(first, augment(x, Key(index=index)))
            assert torch.equal(second, augment(x, Key(index=index), view=1))


# --- Construction, and changes after it ---


@pytest.mark.parametrize(("outer", "inner"), [(0, 1), (1, 0)])
def test_a_nested_compose_has_the_same_stage(outer, inner):
    flip = seedaug.RandomHorizontalFlip()
    with pytest.raises(ValueError, match=rf"stage={outer}\): a nested .* has stage={inner}"):
        Compose([Compose([flip], stage=inner)], stage=outer)
    x, key = picture(), Key(index=1)
    nested = Compose([Compose([seedaug.GaussianNoise()], stage=1)], stage=1)
    assert torch.equal(nested(x, key), seedaug.GaussianNoise()(x, key, stage=1))


def test_memory_format_where_others_come_last():
    class Clone(seedaug.Transform):
        kind = seedaug.register_kind("clone", 122)

        def transform(self, image, params):
            return image.clone(memory_format=torch.contiguous_format)

    x, k = picture(count=4), keys(index=range(4))
    last = torch.channels_last
    for transforms in (
        [seedaug.RandomCrop(5), Clone()],
        [seedaug.RandomCrop(5), lambda x: x.contiguous()],
        [Compose([seedaug.RandomCrop(5)], memory_format=last)],
        [Compose([seedaug.RandomCrop(5)], memory_format=last), seedaug.RandomVerticalFlip()],
    ):
        nested = isinstance(transforms[0], Compose)
        augment = Compose(transforms, memory_format=None if nested else last)
        y = augment(x, keys=k)
        assert y.is_contiguous(memory_format=last)
        with sample(Key(index=1)):
            assert augment(x[1]).stride() == y[1].stride()
    both = Compose(
        [Compose([seedaug.RandomCrop(5)], memory_format=last)],
        memory_format=torch.contiguous_format,
    )
    assert both(x, keys=k).is_contiguous()


def test_frozen_once_made():
    augment = Compose([seedaug.RandomCrop(8)])
    with pytest.raises(AttributeError, match="append"):
        augment.transforms.append(seedaug.RandomCrop(2))
    for name in ("transforms", "dtype", "memory_format", "stage"):
        before = getattr(augment, name)
        with pytest.raises(AttributeError, match=rf"Compose is frozen .* with the {name}"):
            setattr(augment, name, before)
        assert getattr(augment, name) is before
    crop = seedaug.RandomCrop(8)
    with pytest.raises(AttributeError, match=r"RandomCrop is frozen .* with the size"):
        crop.size = (4, 4)
    normalize = seedaug.Normalize([0.5], [0.5])
    with pytest.raises(TypeError, match="item assignment"):
        normalize.mean[0] = 5.0
    assert crop.eval().training is False
    assert Compose([crop]).train().training is True
    for options, error in (
        ({"transforms": []}, ValueError),
        ({"transforms": 3}, TypeError),
        ({"stage": 2}, ValueError),
        ({"dtype": torch.float64}, ValueError),
        ({"memory_format": []}, ValueError),
    ):
        with pytest.raises(error):
            Compose(**{"transforms": [crop]} | options)


def test_hooks_on_what_is_fused_already():
    flip, seen = seedaug.RandomHorizontalFlip(), []
    outer = Compose([Compose([seedaug.RandomCrop(8), flip])])
    x, key = picture(), Key(index=1)
    wanted = outer(x, key)
    flip.register_forward_hook(lambda module, args, result: seen.append(result.shape))
    for one in (outer, copy.deepcopy(outer)):
        assert torch.equal(one(x, key), wanted)
    assert seen == [(3, 8, 8)] * 2


def test_pickle_copy_and_print():
    augment = Compose([seedaug.RandomCrop(5), v2.RGB()], dtype=torch.float16)
    x, key = picture(), Key(index=1)
    wanted = augment(x, key)
    for other in (copy.deepcopy(augment), pickle.loads(pickle.dumps(augment))):
        assert torch.equal(other(x, key), wanted)
        assert repr(other) == repr(augment)
    assert "RandomCrop(size=(5, 5)" in repr(augment)
    assert "dtype=torch.float16" in repr(augment)


def test_clip_after_normalize_warns_once():
    noise = seedaug.GaussianNoise()
    normalize = seedaug.Normalize([0.5], [0.5])
    with pytest.warns(UserWarning, match="clamps normalized values") as caught:
        Compose([normalize, noise, noise])
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Compose([noise, normalize])
        Compose([normalize, seedaug.GaussianNoise(clip=False)])


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        (([],), ValueError, "at least one transform"),
        ((seedaug.RandomCrop(3),), TypeError, "sequence of callables"),
        (([3],), TypeError, "every transform must be callable, got 3"),
        (([len], None, torch.channels_last_3d), ValueError, "memory_format must be"),
        (([len], None, None, 2), ValueError, "stage must be 0 or 1, got 2"),
        (([len], None, None, True), TypeError, "stage must be an integer, got True"),
        (([len], None, []), ValueError, r"memory_format must be .*got \[\]"),
        (
            ([seedaug.RandomVerticalFlip],),
            TypeError,
            r"a class; give an instance, RandomVerticalFlip\(...\)",
        ),
        (([len], torch.float64), ValueError, "images can become uint8"),
        (([len], "float32"), TypeError, "must be a torch.dtype"),
    ],
)
def test_construction_errors(arguments, error, match):
    with pytest.raises(error, match=match):
        Compose(*arguments)


def test_out_needs_one_program():
    x = picture()
    with pytest.raises(ValueError, match="all fuse"):
        Compose([seedaug.CenterCrop(4), lambda x: x])(x, Key(), out=x)
    with pytest.raises(ValueError, match="single tensor"):
        Compose([seedaug.CenterCrop(4)])((x, x), Key(), out=x)


def test_a_failed_call_leaves_no_context():
    with pytest.raises(ZeroDivisionError):
        Compose([lambda x: 1 // 0])(picture(), Key())
    with pytest.raises(seedaug.NoKeyError):
        current()
