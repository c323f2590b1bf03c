"""The work that is compared: wrong results are found, whoever made them."""

import pytest
import torch

import seedaug
from benchmarks import bench_images, bench_numbers, bench_threads, machine, peers
from benchmarks.harness import FLOOR, SECONDS, Within
from benchmarks.workload import Work

SMALL = Work(12, 8)


@pytest.mark.parametrize("work", [SMALL, Work(12, 12, padding=3), Work(12, 8, noise=True)])
def test_a_wrong_image_is_found(work):
    images, keys = work.images(2), [seedaug.Key(index=i) for i in range(2)]
    made = work.compose()(images, keys=seedaug.keys(index=range(2)))
    work.check_ours(made, images, keys)
    with pytest.raises(AssertionError):
        work.check_ours(made.roll(1, -1), images, keys)
    with pytest.raises(AssertionError, match="shape"):
        work.check_ours(made[..., 1:], images, keys)
    with pytest.raises(AssertionError, match="dtype"):
        work.check_ours(made.double(), images, keys)


WORKS = [
    SMALL,
    Work(12, 8, raw=True),
    Work(12, 8, hwc=True),
    Work(12, 8, ragged=True),
    Work(12, 12, padding=3),
]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_peer_that_does_other_work_is_found(work):
    images, out = work.inputs(5), work.empty(5)
    made = work.compose()(images, keys=seedaug.keys(index=range(5)), out=out)
    work.check_ours(made, images, [seedaug.Key(index=i) for i in range(5)])
    work.check_peer(made, images)
    for wrong in (made * 0.5, made * 0, made.flip(0), made.flip(-2)):
        with pytest.raises(AssertionError, match="no crop of its source"):
            work.check_peer(wrong.to(made.dtype), images)
    with pytest.raises(AssertionError, match="dtype"):
        work.check_peer(made.half(), images)
    copied = work.copy_floor(out)()
    assert copied.dtype == work.dtype
    assert torch.equal(copied, copied.to(torch.uint8).to(work.dtype))


def test_a_peer_without_its_noise_is_found():
    work = Work(32, 28, noise=True)
    made = work.compose()(work.images(2), keys=seedaug.keys(index=range(2)))
    work.check_peer(made, work.images(2))
    with pytest.raises(AssertionError, match="has the sigma"):
        work.check_peer(
            Work(32, 28).compose()(work.images(2), keys=seedaug.keys(index=range(2))),
            work.images(2),
        )


def test_ragged_images_have_sizes_of_their_own():
    sizes = {image.shape for image in Work(240, 224, ragged=True).inputs(64)}
    assert len(sizes) == 64
    assert min(min(size[1:]) for size in sizes) >= 224


def test_images_with_channels_innermost_are_the_same_images():
    assert torch.equal(Work(12, 8, hwc=True).images(2), SMALL.images(2))
    assert Work(12, 8, hwc=True).images(2).stride(1) == 1


def test_peers_do_the_work_that_their_check_asks_for():
    for contender in [
        *peers.batches(SMALL, SMALL.images(3)),
        *peers.one_by_one(SMALL, SMALL.images(3)),
    ]:
        if contender.call is not None:
            contender.check(contender.call())


def test_masked_shifts_crop_and_flip():
    work = Work(6, 6, padding=2)
    image = torch.arange(108, dtype=torch.uint8).reshape(1, 3, 6, 6)
    padded = torch.nn.functional.pad(image, [2] * 4)
    crops = [padded[..., y : y + 6, x : x + 6] for y in range(5) for x in range(5)]
    both = torch.cat([*crops, *(crop.flip(-1) for crop in crops)])
    shifts = peers.MaskedShifts(work)
    want = both.float() * shifts.scale + shifts.offset
    for made in shifts(image.expand(20, 3, 6, 6)):
        assert (want == made).flatten(1).all(1).any()


@pytest.mark.parametrize("module", [bench_numbers, bench_images, bench_threads])
def test_rows_have_names_of_their_own_and_targets_that_exist(module):
    rows = list(module.rows())
    assert len({one.name for one in rows}) == len(rows)
    for one in rows:
        names = [contender.name for contender in one.contenders]
        assert len(set(names)) == len(names)
        known = {*names, FLOOR, SECONDS, *(bound.name for bound in one.bounds)}
        for target in one.targets:
            assert target.ours in names
            within = isinstance(target, Within)
            against = {target.of, target.more or target.of} if within else {*target.against}
            assert against
            assert against <= known


def test_a_forced_instruction_set_is_the_only_one(monkeypatch):
    monkeypatch.setenv("SEEDAUG_ISA", "whichever")
    assert len(bench_numbers.isas()) == 1


def test_the_machine_is_described():
    assert machine.describe()["cores"] >= 1
    assert machine.versions()["torch"] == torch.__version__
