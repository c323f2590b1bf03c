"""Known answers: loaders of every kind found in the wild, and what the check says of them."""

import check_fixtures as known
import numpy as np
import pytest
import torch
from check_fixtures import loader
from torch.utils.data import ConcatDataset, DataLoader, Subset

import seedaug
from seedaug.check import Verdict, scenarios

SAMPLES = Verdict.REPEATS_ACROSS_SAMPLES
WORKERS = Verdict.REPEATS_ACROSS_WORKERS
EPOCHS = Verdict.REPEATS_ACROSS_EPOCHS
DEPENDS = Verdict.DEPENDS_ON_WORKERS
RESUME = Verdict.NOT_RESUMABLE
HELD = {WORKERS, EPOCHS, DEPENDS, RESUME}
GLOBAL = {DEPENDS, RESUME}


@pytest.fixture(autouse=True)
def no_spawning(monkeypatch):
    """Processes that import torch anew take seconds; test_check_runs.py has them."""
    monkeypatch.setattr(scenarios, "_SPAWN_SECONDS", 1e9)


def small(loader, **options):
    return seedaug.check_loader(loader, **{"max_samples": 600, "seconds": 60, **options})


def culprits(report, verdict):
    (finding,) = (finding for finding in report.findings if finding.verdict is verdict)
    return " ".join(finding.culprits)


@pytest.mark.parametrize(
    ("dataset", "culprit"),
    [
        (known.HeldGenerator(), "dataset.rng: numpy Generator (PCG64), held"),
        (known.HeldRandomState(), "dataset.rng: numpy RandomState, held"),
        (known.HeldBits(), "dataset.rng: numpy Generator (PCG64), held"),
        (known.HeldRandom(), "dataset.random: random.Random, held"),
        (known.HeldTorch(), "dataset.generator: torch.Generator, held"),
        (known.ModuleGlobal(), "check_fixtures.MODULE_RNG: numpy Generator (PCG64), held"),
        (known.Transformed(known.Jitter()), "dataset.transform.rng: numpy"),
        (
            known.Transformed(known.Chain(abs, known.Jitter())),
            "dataset.transform.transforms[1].rng: numpy",
        ),
        (known.Transformed(known.closure()), "dataset.transform.<closure rng>: numpy"),
        (known.Transformed(known.with_default), "dataset.transform.<default rng>: numpy"),
        (known.Transformed(known.partial()), "dataset.transform.args[0]: numpy"),
        (Subset(known.HeldGenerator(), range(3, 40)), "dataset.dataset.rng: numpy"),
        (ConcatDataset([known.HeldGenerator()]), "dataset.datasets[0].rng: numpy"),
        (known.Flip(), "dataset.rng: numpy"),
        (known.Sometimes(), "dataset.rng: numpy"),
        (known.Dicts(), "dataset.rng: numpy"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_held_generator_repeats_across_workers_and_epochs(dataset, culprit):
    report = small(loader(dataset))
    assert set(report.verdicts) >= {WORKERS, EPOCHS}
    assert culprit in culprits(report, WORKERS)
    assert not report.healthy


def test_the_line_of_the_draw_is_named():
    report = small(loader(known.HeldGenerator()))
    assert set(report.verdicts) == HELD
    assert "check_fixtures.py:" in culprits(report, WORKERS)
    assert "HeldGenerator.draw" in culprits(report, WORKERS)


def test_persistent_workers_go_on_in_the_next_epoch():
    report = small(loader(known.HeldGenerator(), persistent_workers=True))
    assert set(report.verdicts) == HELD - {EPOCHS}


@pytest.mark.parametrize("dataset", [known.Dicts(), known.Pictures()])
def test_samples_of_every_kind(dataset):
    report = small(loader(dataset, collate_fn=known.listed))
    assert set(report.verdicts) == HELD
    assert not any("compared" in note for note in report.notes)


@pytest.mark.parametrize(
    ("init", "expected"),
    [
        (known.init_constant, {WORKERS, EPOCHS}),
        (known.init_worker, {EPOCHS}),
        (known.init_state_word, {EPOCHS}),
        (known.init_initial_seed, set()),
        (None, set()),
    ],
)
def test_global_numpy_and_how_it_is_seeded(init, expected):
    report = small(loader(known.GlobalNumpy(), worker_init_fn=init))
    assert {v for v in report.verdicts if v.severity.value == "error"} == expected
    assert DEPENDS in report.verdicts
    if expected:
        assert "NumPy's global generator" in culprits(report, EPOCHS)


def test_a_held_generator_made_anew_in_each_worker():
    report = small(loader(known.HeldGenerator(), worker_init_fn=known.init_held))
    assert set(report.verdicts) == GLOBAL


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (known.AllGlobals(), GLOBAL),
        (known.GlobalFlip(), GLOBAL),
        (known.FewSeeds(), GLOBAL),
        (known.Entropy(), {RESUME}),
        (known.HeldReseeded(), {RESUME}),
        (known.OnlyInWorkers(), GLOBAL),
        (known.Library(), HELD),
        (known.Rows(), {Verdict.DETERMINISTIC}),
        (list(range(40)), {Verdict.DETERMINISTIC}),
        (known.Keyed(), {Verdict.HEALTHY}),
        (known.KeyedGlobally(), {Verdict.HEALTHY}),
        (known.KeyedInPlace(), {Verdict.HEALTHY}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_seeded_otherwise(dataset, expected):
    assert set(small(loader(dataset)).verdicts) == expected


def test_a_librarys_generator():
    report = small(loader(known.LibraryFlip()))
    assert {WORKERS, EPOCHS} <= set(report.verdicts)
    evidence = " ".join(report.findings[0].evidence)
    assert "no generator that Python can reach" in evidence
    assert "chance" in evidence
    seeded = small(loader(known.Library(), worker_init_fn=known.seed_library))
    assert set(seeded.verdicts) == GLOBAL


@pytest.mark.parametrize(
    ("dataset", "expected", "culprit"),
    [
        (known.SeedFromIndex(), {EPOCHS}, "np.random.RandomState(…) at check_fixtures.py:"),
        (known.GlobalSeedFromIndex(), {EPOCHS}, "NumPy's global generator"),
        (known.ConstantSeed(), {SAMPLES, WORKERS, EPOCHS}, "np.random.default_rng(…) at check"),
        (known.GlobalConstantSeed(), {SAMPLES, WORKERS, EPOCHS}, "torch's global generator"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_seed_set_in_the_sample(dataset, expected, culprit):
    report = small(loader(dataset))
    assert set(report.verdicts) == expected
    assert culprit in culprits(report, EPOCHS)


def test_a_seed_that_a_workers_first_sample_sets_for_all():
    report = small(loader(known.SeedsOnce()))
    assert EPOCHS in report.verdicts
    assert WORKERS not in report.verdicts
    assert "NumPy's global generator" in culprits(report, EPOCHS)


def test_an_epoch_that_live_workers_do_not_see():
    report = small(loader(known.EpochOfItsOwn(), persistent_workers=True))
    assert EPOCHS in report.verdicts


def test_an_epoch_that_live_workers_would_not_see_is_a_note_where_they_do_not_live_on():
    report = small(loader(known.EpochOfItsOwn()))
    assert report.verdicts == (Verdict.HEALTHY,)
    assert any("persistent_workers=True" in note for note in report.notes)


def test_what_workers_share_is_not_put_down_to_the_clock():
    report = small(loader(known.SharedCount()))
    assert report.verdict is Verdict.NOT_RESUMABLE
    assert "what workers share" in report.findings[-1].evidence[0]


def test_a_generator_in_the_collate_function():
    report = small(loader(known.Rows(), collate_fn=known.Mixing()))
    assert {WORKERS, EPOCHS} <= set(report.verdicts)
    assert "collate_fn.rng" in culprits(report, WORKERS)


def test_a_collate_function_that_fails_is_remarked():
    report = small(loader(known.HeldGenerator(), collate_fn=known.never))
    assert WORKERS in report.verdicts
    assert any("wants 64 samples" in note for note in report.notes)


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": 0},
        {"num_workers": 1},
        {"shuffle": True},
        {"batch_size": None},
        {"batch_size": 1},
        {"batch_size": 4, "drop_last": True, "prefetch_factor": 4},
        {"generator": torch.Generator().manual_seed(0), "shuffle": True},
        {"batch_size": 1, "batch_sampler": [[0, 1, 2], [3, 4], [5, 6, 7], [8], [9, 10, 11, 12]]},
        {"sampler": torch.utils.data.WeightedRandomSampler(torch.ones(48), 48)},
        {"timeout": 20},
    ],
    ids=str,
)
def test_whatever_the_loaders_options(options):
    options = {"num_workers": 2, **options}
    assert {WORKERS, EPOCHS} <= set(small(loader(known.HeldGenerator(), **options)).verdicts)
    if "timeout" not in options:
        fine = small(loader(known.seeded(), **options))
        assert fine.verdicts == (Verdict.HEALTHY,)


@pytest.mark.parametrize("count", [1, 3])
def test_a_few_samples_are_enough(count):
    dataset = Subset(known.HeldGenerator(), range(count))
    assert {WORKERS, EPOCHS} <= set(small(loader(dataset)).verdicts)
    assert small(loader(known.seeded(count))).verdicts == (Verdict.HEALTHY,)


def seedaug_pictures():
    images = torch.randint(0, 256, (40, 3, 12, 12), dtype=torch.uint8)
    crop = seedaug.Compose([seedaug.RandomCrop(8), seedaug.RandomHorizontalFlip()])
    return seedaug.SeededDataset(torch.utils.data.TensorDataset(images), 0, crop)


@pytest.mark.parametrize(
    "make",
    [
        lambda: seedaug.DataLoader(seedaug_pictures(), batch_size=8, shuffle=True, num_workers=2),
        lambda: seedaug.DataLoader(seedaug_pictures(), batch_size=8, persistent_workers=True,
                                   num_workers=2),
        lambda: DataLoader(seedaug_pictures(), batch_size=8, num_workers=2),
        lambda: seedaug.DataLoader(known.seeded(return_key=True), batch_size=None),
        lambda: seedaug.DataLoader(Subset(known.seeded(), range(20)), batch_size=4, shuffle=True),
        lambda: DataLoader(ConcatDataset([known.seeded(10), known.seeded(12)]), batch_size=4),
        lambda: DataLoader(
            seedaug.SeededDataset(known.GlobalNumpy(), 0, seed_globals=True), batch_size=4
        ),
    ],
)  # fmt: skip
def test_seedaugs_own_are_healthy(make):
    given = make()
    report = small(given)
    assert report.verdicts == (Verdict.HEALTHY,), str(report)
    assert report.passes(strict=True)


def test_what_seedaug_cannot_key():
    """Global draws need seed_globals=True."""
    report = small(seedaug.DataLoader(known.AllGlobals(), seed=0, batch_size=4, num_workers=2))
    assert set(report.verdicts) == GLOBAL


def test_seedaug_without_set_epoch_repeats():
    report = small(loader(known.seeded()), set_epoch=False)
    assert report.verdicts == (EPOCHS,)
    assert "dataset" in culprits(report, EPOCHS)
    told = small(loader(known.seeded()))
    assert any("set_epoch of the dataset was called" in note for note in told.notes)


def test_distributed_sampler():
    sampler = torch.utils.data.DistributedSampler(known.GlobalNumpy(), 2, 0)
    told = small(loader(known.GlobalNumpy(), sampler=sampler))
    assert EPOCHS not in told.verdicts
    assert any("without set_epoch the order" in note for note in told.notes)
    assert Verdict.REPEATS_ACROSS_RANKS in told.verdicts
    untold = small(loader(known.GlobalNumpy(), sampler=sampler), set_epoch=False)
    assert EPOCHS in untold.verdicts
    keyed = small(seedaug.DataLoader(known.seeded(), num_replicas=2, rank=0, batch_size=4))
    assert keyed.verdicts == (Verdict.HEALTHY,)


def test_ranks_are_no_finding_where_there_are_none():
    assert Verdict.REPEATS_ACROSS_RANKS not in small(loader(known.GlobalNumpy())).verdicts


def test_more_workers_and_epochs():
    report = small(loader(known.HeldGenerator()), workers=5, epochs=2)
    assert report.grid.workers == [0, 1, 2, 3, 4]
    assert report.grid.epochs == [0, 1]
    assert len(report.grid.tiles) == 10


def test_equal_seeds_across_worker_and_epoch():
    """worker + epoch: worker 1 of an epoch draws what worker 0 draws in the next."""
    rows = known.GlobalNumpy()
    base = int(np.random.get_state()[1][0])  # keeps the closure honest: any number
    options = {"worker_init_fn": lambda w: np.random.seed((base + w) % 2**32)}
    assert EPOCHS in small(loader(rows, **options)).verdicts
