"""AlbumentationsX 2.5: it holds generators; the adapter makes the sample's key its seed."""

import hashlib
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import seedaug

A = pytest.importorskip("albumentations")

from seedaug.integrations.albumentations import Keyed  # noqa: E402

COUNT = 24


class Photos:
    """Photos that go through an albumentations pipeline, as its documentation shows."""

    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        image = (np.arange(24 * 24 * 3).reshape(24, 24, 3) % 251 + index % 4).astype(np.uint8)
        return np.ascontiguousarray(self.transform(image=image)["image"])


def pipeline(kind=A.Compose):
    return kind(
        [
            A.RandomCrop(16, 16),
            A.OneOf([A.GaussNoise(p=1.0), A.CoarseDropout(p=1.0)], p=0.9),
            A.Compose([A.HorizontalFlip(p=0.5), A.SomeOf([A.Blur(), A.GaussNoise(p=1.0)], n=1)]),
            A.RandomBrightnessContrast(p=0.5),
        ]
    )


def seeded(transform, **options):
    return seedaug.SeededDataset(Photos(transform), 0, **options)


def digests(images):
    return [hashlib.sha256(np.asarray(image).tobytes()).hexdigest() for image in images]


def epochs(dataset, workers=0, **options):
    loader = seedaug.DataLoader(dataset, 4, num_workers=workers, **options)
    return [digests(image for batch in loader for image in batch) for _ in range(2)]


@pytest.mark.filterwarnings("ignore::seedaug.HeldGeneratorWarning")
def test_the_bug_without_the_adapter():
    alone = epochs(seeded(pipeline(), seed_globals=True))
    assert epochs(seeded(pipeline(), seed_globals=True), 2) != alone


def test_it_warns_and_names_the_way():
    dataset = seeded(pipeline())
    with pytest.warns(seedaug.HeldGeneratorWarning, match=r"dataset\.transform\._conf") as found:
        digests(dataset)  # some versions make their generators at the first call
    assert "seedaug.integrations.albumentations.Keyed" in str(found[0].message)


def test_check_explains():
    loader = seedaug.DataLoader(seeded(pipeline()), 4, num_workers=2)
    report = seedaug.check_loader(loader, max_samples=400)
    assert report.verdict.value == "depends-on-workers"
    assert "seedaug.integrations.albumentations.Keyed" in report.findings[0].remedy[0]


@pytest.mark.parametrize("kind", [A.Compose, A.ReplayCompose])
def test_same_bytes_however_it_is_loaded(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.HeldGeneratorWarning)
        alone = epochs(seeded(Keyed(pipeline(kind))))
        assert len({*alone[0], *alone[1]}) == 2 * COUNT
        assert epochs(seeded(Keyed(pipeline(kind))), 2, persistent_workers=True) == alone
        if kind is A.Compose:
            assert epochs(seeded(Keyed(pipeline(kind))), 4) == alone


def test_spawned_workers():
    alone = epochs(seeded(Keyed(pipeline())))
    spawned = seedaug.DataLoader(
        seeded(Keyed(pipeline())), 4, num_workers=1, multiprocessing_context="spawn"
    )
    assert digests(image for batch in spawned for image in batch) == alone[0]


def test_threads():
    dataset = seeded(Keyed(pipeline()))
    alone = digests(dataset)
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(dataset.__getitem__, [*range(COUNT)] * 4)]
    assert digests(found) == alone * 4


def test_replay():
    """What a ReplayCompose recorded of a keyed call can be played again."""
    keyed = Keyed(pipeline(A.ReplayCompose))
    image = np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)
    with seedaug.sample(seedaug.Key(seed=0, index=3)):
        made = keyed(image=image)
    again = A.ReplayCompose.replay(made["replay"], image=image)
    assert again["image"].shape == made["image"].shape
    assert keyed.transforms is keyed.compose.transforms


def test_check_finds_nothing_in_what_is_keyed():
    loader = seedaug.DataLoader(seeded(Keyed(pipeline())), 4, shuffle=True, num_workers=2)
    seedaug.assert_healthy(loader, strict=True, max_samples=400)


def test_errors():
    with pytest.raises(seedaug.NoKeyError):
        Keyed(pipeline())(image=np.zeros((24, 24, 3), np.uint8))
    with pytest.raises(TypeError, match=r"Keyed needs an albumentations\.Compose"):
        Keyed(A.HorizontalFlip())


def test_the_page_does_what_it_says(capsys):
    page = (Path(__file__).parents[2] / "docs" / "with-albumentations.md").read_text()
    script = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    assert len(script.splitlines()) < 60
    exec(compile(script, "with-albumentations.md", "exec"), {"__name__": "__main__"})
    said = capsys.readouterr().out
    assert said == "12 batches, the same with two workers: True\nanother epoch, other draws: True\n"
