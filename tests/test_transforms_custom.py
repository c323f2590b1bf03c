"""A user's own transform: its stream, its place in samples, batches and a Compose; the example."""

import pickle
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import tv_tensors

import seedaug
from seedaug import Key, Stream, _core, keys, sample

EXAMPLE = Path(__file__).parents[1] / "examples" / "custom_transform.py"


class Shift(seedaug.Transform):
    """Adds a drawn integer to images, rolls masks by it."""

    kind = seedaug.register_kind("shift", 110)

    def make_params(self, draws, size):
        return {"by": draws.integers(100), "size": size, "u": draws.uniform(2.0, 3.0)}

    def transform(self, image, params):
        return image + params["by"]

    def transform_mask(self, mask, params):
        return mask.roll(params["by"], -1)

    def transform_boxes(self, boxes, params):
        return tv_tensors.wrap(boxes + params["by"], like=boxes)


def drawn_by_hand(key, occurrence=0):
    words = _core.words(*key.packed(), 110, occurrence, 0, 4)
    return (int(words[1]) * 100) >> 32


def image():
    return torch.zeros(3, 4, 5, dtype=torch.int64)


def test_every_way_to_call_it():
    shift, key = Shift(), Key(seed=2, index=3)
    by = drawn_by_hand(key)
    assert torch.equal(shift(image(), key), image() + by)
    assert torch.equal(shift(image(), keys=key.tensor()), image() + by)
    assert (shift(image(), key, view=2) == drawn_by_hand(key, 2)).all()
    assert (shift(image(), key, stage=1) == drawn_by_hand(key, 16)).all()
    with sample(key):
        assert (shift(image()) == by).all()
        assert (shift(image()) == drawn_by_hand(key, 1)).all()
    each = [drawn_by_hand(Key(seed=2, index=i)) for i in range(4)]
    k = keys(seed=2, index=range(4))
    batch = shift(torch.stack([image()] * 4), keys=k)
    assert batch[:, 0, 0, 0].tolist() == each
    assert (shift(torch.stack([image()] * 4), keys=k, same_on_batch=True) == each[0]).all()
    assert [one["shift"]["by"] for one in shift.params(k, (4, 5))] == each
    assert shift.params(key, (4, 5))["shift"]["size"] == (4, 5)
    with pytest.raises(ValueError, match="needs size="):
        shift.params(key)


def test_all_parts_of_a_sample_get_one_draw():
    shift, key = Shift(), Key(seed=2, index=3)
    by = drawn_by_hand(key)
    mask = tv_tensors.Mask(torch.arange(20).view(4, 5))
    boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(4, 5))
    points = tv_tensors.KeyPoints([[1, 2]], canvas_size=(4, 5))
    made = shift(tv_tensors.Image(image()), mask, boxes, points, "label", keys=key)
    assert [type(one) for one in made[:4]] == [
        type(x) for x in (tv_tensors.Image(image()), mask, boxes, points)
    ]
    assert (made[0] == by).all()
    assert torch.equal(made[1], mask.roll(by, -1))
    assert torch.equal(made[2], boxes + by)
    assert made[3] is points
    assert made[4] == "label"


def test_pil_images_and_arrays():
    shift, key = Shift(), Key(seed=2, index=3)
    by = drawn_by_hand(key)
    array = np.zeros((4, 5, 3), np.uint8)
    assert np.array_equal(shift(array, key), array + by)
    made = shift(Image.fromarray(array), key)
    assert isinstance(made, Image.Image)
    assert np.array_equal(np.asarray(made), array + by)
    batch = shift(np.stack([array] * 2), keys=keys(seed=2, index=[3, 3]))
    assert np.array_equal(batch, np.stack([array + by] * 2))


def test_inside_of_a_compose():
    x = torch.arange(3 * 8 * 9).reshape(3, 8, 9)
    parts = [seedaug.RandomCrop(5), Shift(), seedaug.RandomHorizontalFlip(), Shift()]
    augment = seedaug.Compose(parts)
    for index in range(4):
        key = Key(index=index)
        with sample(key):
            wanted = x
            for part in parts:
                wanted = part(wanted)
            assert torch.equal(augment(x, key), wanted)
            second = augment(x)
        assert torch.equal(augment(x[None], keys=key.tensor()[None])[0], wanted)
        assert torch.equal(augment(x, key, view=1), second)
    drawn = augment.params(Key(index=1), (8, 9))
    assert list(drawn) == ["random_crop", "shift", "horizontal_flip", "shift[1]"]
    assert drawn["shift[1]"]["by"] == drawn_by_hand(Key(index=1), 1)


def test_batch_errors():
    boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(4, 5))
    with pytest.raises(TypeError, match="BoundingBoxes can't be a batch"):
        Shift()(boxes, keys=keys(index=range(2)))
    with pytest.raises(ValueError, match="2 keys need 2 samples"):
        Shift()(image(), keys=keys(index=range(2)))
    with pytest.raises(NotImplementedError, match="Bare must override transform"):
        type("Bare", (seedaug.Transform,), {"kind": 111})()(image(), Key())


def test_pickle_and_repr():
    shift = pickle.loads(pickle.dumps(Shift()))
    assert (shift(image(), Key(index=1)) == drawn_by_hand(Key(index=1))).all()
    assert repr(shift) == "Shift()"


# --- The stream ---


def test_stream_reads_the_words_of_the_contract():
    key = Key(seed=2**63 + 5, epoch=3, worker=1, index=2**33)
    stream = Stream(key.packed(), 110, 3)
    words = [int(word) for word in _core.words(*key.packed(), 110, 3, 0, 64)]
    elements = _core.words(*key.packed(), 110, 3, 16, 1000)
    assert stream.gate((words[0] + 1) / 2**32) is True
    assert stream.gate(words[0] / 2**32) is False
    assert stream.word() == words[1]
    assert stream.integers(1000) == words[2] * 1000 >> 32
    assert stream.uniform() == (words[3] >> 8) / 2**24
    assert stream.uniform(-1.0, 1.0) == -1 + 2 * (words[4] >> 8) / 2**24
    assert [stream.word() for _ in range(5, 64)] == words[5:]
    with pytest.raises(RuntimeError, match="a stream has 63 parameter words"):
        stream.word()
    assert np.array_equal(stream.words(1000), elements)
    assert np.array_equal(stream.uniforms(1000), (elements >> 8) / 2**24)
    generator = stream.generator()
    assert generator.integers(0, 2**32, dtype=np.uint32) == elements[0]
    assert stream.generator().normal() == stream.generator().normal()


def test_stream_errors():
    stream = Stream(Key().packed(), 110, 0)
    with pytest.raises(ValueError, match=r"p must be in \[0, 1\], got 2"):
        stream.gate(2)
    with pytest.raises(ValueError, match=r"n must be from 1 to 2\*\*32, got 0"):
        stream.integers(0)


# --- The example ---


def test_the_example_runs(capsys):
    example = runpy.run_path(str(EXAMPLE))
    example["main"]()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all("threshold" in line for line in lines)
    solarize = example["Solarize"](p=1.0)
    x = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    threshold = solarize.params(Key(), (16, 16))["solarize"]["threshold"]
    wanted = torch.where(x < threshold, x, 255 - x)
    assert torch.equal(solarize(x, Key()), wanted)
