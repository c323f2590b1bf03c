"""Types: what tests/typed_calls.py asserts of calls holds for mypy, and when it runs."""

from pathlib import Path

import pytest
import torch
import typed_calls

import seedaug

ROOT = Path(__file__).resolve().parents[1]
IMAGES = torch.zeros(2, 3, 4, 4)
KEY, KEYS = seedaug.Key(), seedaug.keys(index=range(2))


@pytest.mark.slow
def test_mypy_knows_what_calls_give(tmp_path):
    api = pytest.importorskip("mypy.api")
    cache = ["--cache-dir", str(tmp_path)]
    config = ["--strict", "--config-file", str(ROOT / "pyproject.toml")]
    out, err, status = api.run([*config, *cache, str(ROOT / "tests" / "typed_calls.py")])
    assert status == 0, out + err


def test_the_calls_run():
    typed_calls.transforms(IMAGES, KEY, KEYS)
    typed_calls.composes(IMAGES, KEY, KEYS)
    typed_calls.samples(IMAGES[0], KEY, KEYS)
    typed_calls.parameters(KEY)
    typed_calls.functions(IMAGES, KEY, KEYS)


@pytest.mark.parametrize("call", typed_calls.refused(IMAGES, KEYS))
def test_what_is_refused_is_an_error(call):
    with pytest.raises(TypeError):
        call()


def test_the_package_says_that_it_is_typed():
    assert Path(seedaug.__file__).with_name("py.typed").exists()
