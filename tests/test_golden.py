"""Golden hashes, one for each transform and fill: the native code still gives stream version 1.

The hashes in golden/ come from the NumPy reference (`python -m reference.golden` in tests/); the
native code has no part in making them.
"""

import json

import numpy as np
import pytest
import torch
from reference import golden
from reference.bridge import ISAS, bits, key_tensor, placed, run, to_tensor, using
from reference.pixels import STORAGE

from seedaug import _core, ops
from seedaug import functional as F
from seedaug.schema import encode


def load(name):
    return json.loads((golden.FOLDER / f"{name}.json").read_text())


TRANSFORMS = load("transforms")


def test_stream_version():
    assert _core.STREAM_VERSION == 1


def test_the_files_hold_every_program():
    assert TRANSFORMS.keys() == golden.PROGRAMS.keys()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("place", range(len(golden.PLACES)))
def test_fills(isa, place):
    key = key_tensor(golden.PLACES[place])
    with using(isa):
        made = {
            fill.__name__: fill(key, golden.ELEMENTS) for fill in (F.words, F.uniform, F.normal)
        }
    hashes = {name: golden.sha256(values.numpy()) for name, values in made.items()}
    assert hashes == load("fills")[place]


def test_shuffles():
    hashes = [golden.sha256(_core.permutation(*one)) for one in golden.SHUFFLES]
    assert hashes == load("shuffle")


@pytest.mark.parametrize("name", golden.PROGRAMS)
@pytest.mark.parametrize("dtype", STORAGE)
def test_transforms(device, name, dtype):
    image, keys = golden.image(dtype), key_tensor(golden.PLACES).to(device)
    batch = torch.stack([to_tensor(image)] * len(keys)).to(device)
    for isa in ISAS if device.type == "cpu" else [None]:
        with using(isa):
            made = run(golden.PROGRAMS[name], batch, keys).cpu()
        assert [golden.sha256(one) for one in bits(made)] == TRANSFORMS[name][dtype], isa


@pytest.mark.parametrize("name", golden.PROGRAMS)
def test_params(device, name):
    names = [one for one, _ in golden.PROGRAMS[name]]
    until = names.index("gaussian_noise") + 1 if "gaussian_noise" in names else len(names)
    program, values = encode(placed(golden.PROGRAMS[name][:until]))  # one program, not two
    rows = ops.params(key_tensor(golden.PLACES).to(device), program, values, 19, 23).cpu()
    expected = [json.loads(one)[:until] for one in TRANSFORMS[name]["params"]]
    assert np.array_equal(rows, expected)
