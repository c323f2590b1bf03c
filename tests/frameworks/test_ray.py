"""Ray Data and Ray Train: a row's bytes are those of a plain call under its key."""

import os
import re
import signal
import sys
import threading
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch

import seedaug

ray = pytest.importorskip("ray", reason="ray is not installed")
pytest.importorskip("ray.data")
from seedaug.integrations.ray import augment, collate_fn  # noqa: E402

SEED, COUNT = 5, 26
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 12, 14, 3), dtype=np.uint8)
WORK = seedaug.Compose(
    [seedaug.RandomCrop(8, padding=2), seedaug.RandomHorizontalFlip(), seedaug.GaussianNoise(0.1)]
)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """A small cluster of this machine's own, which ends with the tests."""
    os.environ["RAY_AUTH_MODE"] = "disabled"
    ray.init(
        num_cpus=4,  # of the scheduler's: two actors take two, and reading needs one beside them
        include_dashboard=False,
        object_store_memory=150 * 2**20,
        logging_level="error",
        log_to_driver=True,
        _node_ip_address="127.0.0.1",
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    ray.shutdown()


def script():
    """What the page's script defines."""
    page = (Path(__file__).parents[2] / "docs" / "with-ray.md").read_text()
    text = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    assert len(text.splitlines()) < 60
    space = {"__name__": __name__}
    with mock.patch.object(ray, "init"):  # the cluster runs already
        exec(text, space)
    return space


def rows(blocks=None, images=IMAGES):
    """Shuffled ids, so that no id is its row's place."""
    ids = np.random.default_rng(1).permutation(COUNT)
    items = [{"id": int(i), "image": images[i], "label": f"no. {i}"} for i in ids]
    found = ray.data.from_items(items)
    return found if blocks is None else found.repartition(blocks)


def plain(index, epoch=0, work=WORK, images=IMAGES):
    return np.asarray(work(images[index], keys=seedaug.Key(SEED, epoch, 0, index)))


def gathered(batches, name="image"):
    """The images by id; each id once."""
    found = {}
    for batch in batches:
        for index, image in zip(batch["id"], batch[name], strict=True):
            assert int(index) not in found
            found[int(index)] = np.asarray(image)
    return found


def assert_plain(found, epoch=0, work=WORK, images=IMAGES):
    assert sorted(found) == list(range(COUNT))
    for index, image in found.items():
        wanted = plain(index, epoch, work, images)
        assert image.dtype == wanted.dtype
        np.testing.assert_array_equal(image, wanted)


@pytest.mark.parametrize(("blocks", "batch_size"), [(1, None), (3, 7), (8, 1), (8, None)])
def test_blocks_and_batch_sizes_make_no_difference(blocks, batch_size):
    made = augment(rows(blocks), WORK, SEED, 2, batch_size=batch_size)
    assert_plain(gathered(made.iter_batches(batch_size=5)), epoch=2)


@pytest.mark.parametrize(
    "compute",
    [
        ray.data.TaskPoolStrategy(size=1),
        ray.data.ActorPoolStrategy(size=1),
        ray.data.ActorPoolStrategy(size=2),
        ray.data.ActorPoolStrategy(min_size=1, max_size=2),
    ],
    ids=["task", "actor", "actors", "pool"],
)
def test_tasks_and_actors_make_no_difference(compute):
    made = augment(rows(5), WORK, SEED, 0, compute=compute, batch_size=4)
    assert_plain(gathered(made.iter_batches()))


def test_epochs_in_a_loop():
    data = rows(3).materialize()
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.RepeatedEpochWarning)
        for epoch in range(3):
            made = augment(data, WORK, SEED, epoch, return_key=True)
            found = {}
            for batch in made.drop_columns(["label"]).iter_torch_batches(batch_size=6):
                for index, image, key in zip(*map(batch.get, ("id", "image", "key")), strict=True):
                    found[int(index)] = image.numpy()
                    assert seedaug.Key.unpack(key) == seedaug.Key(SEED, epoch, 0, int(index))
            assert_plain(found, epoch)


def test_other_columns_pass_and_looking_is_no_repeat():
    made = augment(rows(2), WORK, SEED, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made.take(1)[0].keys() == {"id", "image", "label"}
        assert made.count() == COUNT
        batches = [*made.iter_batches()]
    assert all(
        label == f"no. {index}"
        for batch in batches
        for index, label in zip(batch["id"], batch["label"], strict=True)
    )


class KillOnce:
    """Kills the process that meets image 13 first, as a machine that fails would."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __call__(self, images):
        if np.any(np.all(np.asarray(images).reshape(-1, 12 * 14 * 3) == IMAGES[13].ravel(), 1)):
            try:
                os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return images
            os.kill(os.getpid(), signal.SIGKILL)
        return images


@pytest.mark.parametrize("actors", [0, 2])
def test_a_killed_worker_is_made_up_for(actors, tmp_path):
    work = seedaug.Compose([KillOnce(tmp_path / "killed"), *WORK.transforms])
    compute = ray.data.ActorPoolStrategy(size=actors) if actors else None
    made = augment(rows(8), work, SEED, 0, batch_size=3, compute=compute)
    found = gathered(made.iter_batches(batch_size=4))
    assert (tmp_path / "killed").exists()
    assert_plain(found)


def test_streaming_split_gives_each_reader_its_rows():
    made = augment(rows(6), WORK, SEED, 1, compute=ray.data.ActorPoolStrategy(size=2))
    shards = made.streaming_split(2)
    batches = [[], []]

    def read(rank):
        batches[rank] += shards[rank].iter_batches(batch_size=3)

    readers = [threading.Thread(target=read, args=(rank,)) for rank in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert_plain(gathered(batches[0] + batches[1]), epoch=1)


def save(folder, name, batches):
    """Writes a training process's rows."""
    rank = ray.train.get_context().get_world_rank()
    found = [(batch["id"].numpy(), batch["image"].numpy()) for batch in batches]
    ids, images = (np.concatenate(parts) for parts in zip(*found, strict=True))
    np.savez(f"{folder}/{name}-{rank}.npz", id=ids, image=images)


def train_loop(config):
    whole = ray.train.get_dataset_shard("whole")
    save(config["folder"], "whole", whole.iter_torch_batches(batch_size=4))
    shard = ray.train.get_dataset_shard("train")
    for epoch in range(2):
        work = collate_fn(WORK, SEED, epoch)
        save(
            config["folder"],
            f"epoch-{epoch}",
            shard.iter_torch_batches(batch_size=4, collate_fn=work),
        )


def test_ray_train_with_two_workers(tmp_path):
    import ray.train
    from ray.train.torch import TorchTrainer

    data = rows(6).drop_columns(["label"])
    TorchTrainer(
        train_loop,
        train_loop_config={"folder": str(tmp_path)},
        scaling_config=ray.train.ScalingConfig(num_workers=2, resources_per_worker={"CPU": 1}),
        datasets={"whole": augment(data, WORK, SEED, 7), "train": data},
        run_config=ray.train.RunConfig(storage_path=str(tmp_path / "runs")),
    ).fit()
    for name, epoch in (("whole", 7), ("epoch-0", 0), ("epoch-1", 1)):
        batches = [np.load(tmp_path / f"{name}-{rank}.npz") for rank in range(2)]
        assert all(len(batch["id"]) for batch in batches)
        assert_plain(gathered(batches), epoch)


# --- What comes in, what goes out ---


def test_ragged_images_and_float16():
    ragged = [IMAGES[i, : 8 + i % 4, : 9 + i % 3] for i in range(COUNT)]
    crop = seedaug.Compose([seedaug.RandomCrop(8)], dtype=torch.float16)
    found = gathered(augment(rows(3, ragged), crop, SEED, 0).iter_batches())
    assert_plain(found, work=crop, images=ragged)
    assert found[0].dtype == np.float16
    pad = seedaug.Compose([seedaug.RandomHorizontalFlip(), seedaug.Pad(1)])
    for batch_size in (1, 5):
        made = augment(rows(3, ragged), pad, SEED, 0, batch_size=batch_size)
        assert_plain(gathered(made.iter_batches()), work=pad, images=ragged)


def test_an_error_of_a_row_reaches_the_driver():
    with pytest.raises(Exception, match="no column 'number', the rows have"):
        augment(rows(2), WORK, SEED, 0, key="number").take(1)


def batch_of(count=4, **columns):
    return {"id": np.arange(count), "image": IMAGES[:count], **columns}


def augmented(batch, compose=WORK, **options):
    """One batch, without a cluster."""
    return collate_fn(compose, SEED, 0, then=lambda made: made, **options)(batch)


def test_channels_first():
    made = augmented(
        {"id": np.arange(4), "image": IMAGES[:4].transpose(0, 3, 1, 2)}, channels="first"
    )
    for index, image in enumerate(made["image"]):
        np.testing.assert_array_equal(image.transpose(1, 2, 0), plain(index))
    with pytest.raises(ValueError, match=r"look like \[C, H, W\]; say channels"):
        augmented({"id": np.arange(4), "image": IMAGES[:4].transpose(0, 3, 1, 2)})


def test_a_function_as_key_and_an_image_of_another_name():
    batch = {"name": np.array(["a-7", "a-9"]), "picture": IMAGES[[7, 9]]}
    made = augmented(batch, key=lambda row: int(row["name"][2:]), image="picture")
    for row, index in enumerate((7, 9)):
        np.testing.assert_array_equal(made["picture"][row], plain(index))
    with pytest.raises(TypeError, match="index must be an integer"):
        augmented(batch, key=lambda row: row["name"], image="picture")


def test_visits_draw_apart():
    batch = {"id": np.array([3, 3]), "visit": np.array([0, 1]), "image": IMAGES[[3, 3]]}
    made = augmented(batch, visit="visit", return_key=True)
    assert [seedaug.Key.unpack(key).worker for key in made["key"]] == [0, 1]
    np.testing.assert_array_equal(made["image"][0], plain(3))
    wanted = WORK(IMAGES[3], keys=seedaug.Key(SEED, 0, 1, 3))
    np.testing.assert_array_equal(made["image"][1], wanted)
    with pytest.raises(ValueError, match="id 3 is on 2 rows, which would draw alike"):
        augmented(batch)


def test_any_callable_runs_under_the_rows_key():
    def shifted(image):
        return image + seedaug.rng().integers(100, dtype=np.uint8)

    made = augmented(batch_of(), shifted)["image"]
    for index in range(4):
        with seedaug.sample(seedaug.Key(SEED, 0, 0, index)):
            np.testing.assert_array_equal(made[index], shifted(IMAGES[index]))


def test_seed_globals():
    def noisy(image):
        return image + np.random.randint(0, 100, image.shape, dtype=np.uint8)

    first = augmented(batch_of(), noisy, seed_globals=True)["image"]
    backwards = {name: column[::-1] for name, column in batch_of().items()}
    again = augmented(backwards, noisy, seed_globals=True)["image"]
    np.testing.assert_array_equal(first, again[::-1])


@pytest.mark.parametrize(
    ("ids", "error", "match"),
    [
        (np.array([0.0, np.nan]), TypeError, "one integer for each row, .*got float64"),
        (np.array(["a", "b"]), TypeError, "one integer for each row"),
        (np.array([True, False]), TypeError, "one integer for each row"),
        (np.array([None, 1], dtype=object), TypeError, "one integer for each row"),
        (np.array([[1], [2]]), TypeError, "one integer for each row"),
        (np.array([-1, 1]), ValueError, "column 'id': index must be from 0"),
        (np.array([0, 2**40]), ValueError, "column 'id': index must be from 0"),
        (np.array([4, 4]), ValueError, "id 4 is on 2 rows"),
    ],
)
def test_ids_that_are_none(ids, error, match):
    with pytest.raises(error, match=match):
        augmented({"id": ids, "image": IMAGES[:2]})


@pytest.mark.parametrize(
    "column",
    [
        np.array([b"png", b"jpeg"], dtype=object),
        np.array(["a.png", "b.png"]),
        np.array([1, 2]),
        np.array([[1, 2], [3, 4]]),
    ],
)
def test_images_that_are_none(column):
    batch = {"id": np.arange(2), "image": column}
    with pytest.raises(TypeError, match="the column 'image' must hold images"):
        augmented(batch)
    decoded = augmented(batch, lambda _: IMAGES[0])["image"]  # a callable may decode
    assert decoded.shape == (2, *IMAGES[0].shape)


def test_columns_that_are_missing_or_there():
    with pytest.raises(ValueError, match="no column 'image', the rows have"):
        augmented({"id": np.arange(2), "picture": IMAGES[:2]})
    with pytest.raises(ValueError, match="adds a column"):
        augmented(batch_of(key=np.arange(4)), return_key=True)
    with pytest.raises(TypeError, match="makes no tensor; give then="):
        collate_fn(WORK, SEED, 0)(batch_of(label=np.array([*"abcd"])))


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"compose": 3}, TypeError, "compose must be callable"),
        ({"compose": seedaug.Compose([WORK], dtype=torch.bfloat16)}, ValueError, "bfloat16"),
        ({"seed": 0.5}, TypeError, "seed must be an integer"),
        ({"epoch": -1}, ValueError, "epoch must be from 0"),
        ({"key": 3}, TypeError, "key must name a column"),
        ({"image": None}, TypeError, "image must name a column"),
        ({"visit": 1}, TypeError, "visit must name a column"),
        ({"channels": 3}, ValueError, "channels must be"),
        ({"batch_format": "pandas"}, TypeError, "leave out batch_format"),
        ({"dataset": [1]}, TypeError, "must be a ray.data.Dataset, got list"),
    ],
)
def test_arguments_that_are_wrong(options, error, match):
    given = {"dataset": ray.data.range(3), "compose": WORK, "seed": 0, "epoch": 0, **options}
    with pytest.raises(error, match=match):
        augment(**given)


# --- Runs of the same epoch ---


def test_a_second_run_is_told_of():
    made = augment(rows(2), WORK, SEED, 3).drop_columns(["label"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", seedaug.RepeatedEpochWarning)
        assert_plain(gathered(made.iter_batches()), 3)
    with pytest.warns(seedaug.RepeatedEpochWarning, match="epoch 3 is run a second time"):
        assert_plain(gathered(made.iter_batches()), 3)


def test_a_second_run_in_the_splitting_actor_is_told_of(capfd):
    (shard,) = augment(rows(2), WORK, SEED, 3).streaming_split(1)
    assert_plain(gathered(shard.iter_batches()), 3)
    assert "RepeatedEpochWarning" not in capfd.readouterr().err
    assert_plain(gathered(shard.iter_batches()), 3)
    said = ""
    for _ in range(50):  # it comes by Ray's log
        said += "".join(capfd.readouterr())
        if "epoch 3 is run a second time" in said:
            return
        threading.Event().wait(0.2)
    pytest.fail("no warning came")


# --- The page ---


def test_the_page(tmp_path):
    page = script()
    seen = []
    for epoch, ids, images in page["by_hand"]():
        for index, image in zip(ids.tolist(), images.numpy(), strict=True):
            seen.append((epoch, index))
            key = seedaug.Key(0, epoch, 0, index)
            pixels = page["load"]({"id": index})["image"]
            np.testing.assert_array_equal(image, page["augment"](pixels, keys=key))
    assert sorted(seen) == [(epoch, index) for epoch in range(2) for index in range(64)]
    assert page["with_train"](str(tmp_path)).error is None
