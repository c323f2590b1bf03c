"""MONAI 1.6: its generators are held; the adapter puts the sample's key into them."""

import hashlib
import re
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

import seedaug

monai = pytest.importorskip("monai")
from monai.data import (  # noqa: E402
    ArrayDataset,
    CacheDataset,
    Dataset,
    IterableDataset,
    PersistentDataset,
    list_data_collate,
)
from monai.data import DataLoader as MonaiLoader  # noqa: E402
from monai.transforms import (  # noqa: E402
    Compose,
    EnsureChannelFirstd,
    OneOf,
    RandAffine,
    RandFlip,
    RandFlipd,
    RandGaussianNoise,
    RandGaussianNoised,
    Randomizable,
    RandomOrder,
    RandSpatialCropSamplesd,
    ScaleIntensityd,
    Transform,
)

from seedaug.integrations.monai import Keyed  # noqa: E402

COUNT = 24


def volumes():
    return [torch.arange(64.0).reshape(1, 8, 8) + i for i in range(COUNT)]


def records():
    return [{"image": torch.arange(64.0).reshape(8, 8) + i, "id": i} for i in range(COUNT)]


def pipeline():
    return Compose(
        [
            RandFlip(prob=0.5),
            OneOf([RandGaussianNoise(prob=1.0), RandAffine(prob=1.0, rotate_range=0.5)]),
            RandomOrder([Compose([RandGaussianNoise(prob=0.5)]), RandFlip(prob=0.5)]),
        ]
    )


def dict_pipeline():
    return Compose(
        [
            EnsureChannelFirstd("image", channel_dim="no_channel"),
            ScaleIntensityd("image"),
            RandFlipd("image", prob=0.5),
            RandGaussianNoised("image", prob=0.9),
        ]
    )


class Holding(Transform):
    """A transform of a user's that is no Randomizable, and holds one; and a Randomizable."""

    def __init__(self):
        self.inner = [RandGaussianNoise(prob=1.0)]

    def __call__(self, image):
        return self.inner[0](image)


class Orphan(Randomizable, Transform):
    """Holds a generator beside R, which set_random_state does not reach."""

    def __init__(self):
        self.other = np.random.default_rng(0)

    def __call__(self, image):
        return image + self.R.rand() + self.other.random()


def digest(value):
    if isinstance(value, dict):
        value = value["image"]
    return hashlib.sha256(np.ascontiguousarray(torch.as_tensor(value)).tobytes()).hexdigest()


def each(loader):
    return [digest(image) for batch in loader for image in images(batch)]


def images(batch):
    return batch["image"] if isinstance(batch, dict) else batch


def epochs(dataset, workers=0, count=2, **options):
    """The digests of each epoch's samples, in order."""
    if workers:
        options["num_workers"] = workers
    loader = seedaug.DataLoader(dataset, batch_size=4, collate_fn=list_data_collate, **options)
    return [each(loader) for _ in range(count)]


def held(dataset, **options):
    return seedaug.SeededDataset(dataset, seed=0, seed_globals=True, **options)


def keyed_cases():
    return {
        "transform": held(volumes(), transform=Keyed(pipeline())),
        "inner": held(volumes(), transform=Compose([Keyed(RandFlip(prob=0.5)), Keyed(pipeline())])),
        "holding": held(volumes(), transform=Keyed(Holding())),
        "dataset": held(Keyed(Dataset(records(), dict_pipeline()))),
        "cache": held(Keyed(CacheDataset(records(), dict_pipeline(), progress=False))),
        "arrays": held(Keyed(ArrayDataset(volumes(), pipeline()))),
    }


@pytest.mark.filterwarnings("ignore::seedaug.HeldGeneratorWarning")
def test_the_bug_without_the_adapter():
    """Seen with MONAI 1.6: workers repeat each other, though seed_globals=True."""
    samples = epochs(
        held([torch.zeros(1, 4, 4)] * 32, transform=Compose([RandGaussianNoise(1.0)])), 4, 1
    )
    assert len({*samples[0]}) == 8


def test_it_warns_and_names_the_way(recwarn):
    with pytest.warns(
        seedaug.HeldGeneratorWarning, match=r"transform\.transforms\[0\]\.R"
    ) as found:
        held(volumes(), transform=pipeline())[0]
    assert "seedaug.integrations.monai.Keyed" in str(found[0].message)


def test_check_explains():
    dataset = held(volumes(), transform=pipeline())
    report = seedaug.check_loader(seedaug.DataLoader(dataset, 4, num_workers=2), max_samples=400)
    assert report.verdict.value == "repeats-across-workers"
    assert "seedaug.integrations.monai.Keyed" in report.findings[0].remedy[0]


@pytest.mark.parametrize("case", keyed_cases())
def test_same_bytes_however_it_is_loaded(case, recwarn):
    def run(*arguments, **options):
        return epochs(keyed_cases()[case], *arguments, **options)

    alone = run()
    assert len({*alone[0], *alone[1]}) >= 1.9 * COUNT
    assert run(2, persistent_workers=True) == alone
    if case == "transform":
        assert run(4) == alone
    assert not [w for w in recwarn if issubclass(w.category, seedaug.HeldGeneratorWarning)]


def test_spawned_workers():
    case = held(Keyed(CacheDataset(records(), dict_pipeline(), progress=False)))
    assert epochs(case, 2, 1, multiprocessing_context="spawn") == epochs(case, count=1)


def test_threads():
    """Other threads use copies of what is random, and share the data."""
    dataset = seedaug.SeededDataset(
        Keyed(CacheDataset(records(), dict_pipeline(), progress=False)), seed=0
    )
    alone = [digest(dataset[i]) for i in range(COUNT)]
    found = {}

    def work(start):
        for i in [*range(start, COUNT), *range(start)] * 4:
            found.setdefault(i, set()).add(digest(dataset[i]))

    threads = [threading.Thread(target=work, args=(5 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    assert [found[i] for i in range(COUNT)] == [{one} for one in alone]


def test_monais_own_loader():
    """Its worker_init_fn seeds transforms, which the key does again for each sample."""
    dataset = held(volumes(), transform=Keyed(pipeline()))
    alone = [digest(sample) for sample in dataset]
    for workers in (0, 2):
        dataset.set_epoch(0)
        assert each(MonaiLoader(dataset, num_workers=workers, batch_size=4)) == alone


def test_persistent_cache(tmp_path):
    case = held(Keyed(PersistentDataset(records(), dict_pipeline(), tmp_path)))
    alone = epochs(case)
    assert epochs(held(Keyed(PersistentDataset(records(), dict_pipeline(), tmp_path))), 2) == alone
    assert alone == epochs(held(Keyed(Dataset(records(), dict_pipeline()))))


def test_patches():
    """A transform that makes several samples of one."""
    patches = Compose([RandSpatialCropSamplesd("image", (4,), 3, random_size=False)])
    case = held(Keyed(Dataset(records(), patches)))
    alone = epochs(case)
    assert len(alone[0]) == 3 * COUNT
    assert epochs(case, 2) == alone


def test_streams():
    stream = IterableDataset(volumes(), pipeline())
    seeded = seedaug.SeededIterableDataset(Keyed(stream), seed=0)
    first = [digest(sample) for sample in seeded]
    seeded.set_epoch(0)
    assert [digest(sample) for sample in seeded] == first
    assert len({*first}) == COUNT


def test_what_it_does_not_reach_is_warned_of():
    dataset = held(volumes(), transform=Keyed(Compose([Orphan()])))
    with pytest.warns(seedaug.HeldGeneratorWarning, match=r"wrapped\.transforms\[0\]\.other"):
        dataset[0]


def test_check_finds_nothing_in_what_is_keyed():
    dataset = held(volumes(), transform=Keyed(pipeline()))
    loader = seedaug.DataLoader(dataset, 4, shuffle=True, num_workers=2)
    seedaug.assert_healthy(loader, strict=True, max_samples=400)


def test_outside_of_a_sample_and_errors():
    with pytest.raises(seedaug.NoKeyError):
        Keyed(pipeline())(volumes()[0])
    with pytest.raises(TypeError, match="Keyed needs a transform or a dataset of MONAI's, got 3"):
        Keyed(3)
    plain = Keyed(ScaleIntensityd("image"))  # nothing random: no key needed
    assert plain({"image": torch.ones(1, 2, 2)})["image"].shape == (1, 2, 2)
    assert len(Keyed(Dataset(records()))) == COUNT
    assert "transforms" in vars(Keyed(pipeline()).wrapped)


def test_setting_it_by_hand_is_no_false_alarm():
    class ByHand(torch.utils.data.Dataset):
        def __init__(self):
            self.transform = pipeline()

        def __len__(self):
            return COUNT

        def __getitem__(self, index):
            self.transform.set_random_state(int(seedaug.rng().integers(2**32)))
            return self.transform(volumes()[index])

    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.HeldGeneratorWarning)
        epochs(held(ByHand()), count=1)


def test_the_page_does_what_it_says(capsys):
    page = (Path(__file__).parents[2] / "docs" / "with-monai.md").read_text()
    script = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    assert len(script.splitlines()) < 60
    exec(compile(script, "with-monai.md", "exec"), {"__name__": "__main__"})
    said = capsys.readouterr().out
    assert said == "12 batches, the same with two workers: True\nanother epoch, other draws: True\n"
