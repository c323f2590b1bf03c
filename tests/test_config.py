"""`show_config` and `python -m seedaug info`: they say what the libraries are and run under."""

import importlib.metadata
import os
import subprocess
import sys

import pytest
import torch

import seedaug
from seedaug import _core
from seedaug.config import config

ISAS = _core.config()["isas_available"]


def run(code_or_module, **environment):
    return subprocess.run(
        [sys.executable, *code_or_module],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_config_holds_the_build_and_what_it_runs_under():
    c = config()
    assert c["stream_version"] == _core.STREAM_VERSION
    assert c["torch"] == torch.__version__
    assert seedaug.__version__ == c["version"] == importlib.metadata.version("seedaug")
    assert c["torch_built_with"]
    assert c["isa"] in c["isas_available"]
    assert "scalar" in c["isas_available"]
    assert isinstance(c["cuda_built"], bool)
    assert bool(c["cuda_archs"]) == c["cuda_built"]


def test_show_config_prints_a_line_for_each(capsys):
    seedaug.show_config()
    out = capsys.readouterr().out
    c = config()
    assert out.startswith(f"seedaug {c['version']}\n  stream version:  {c['stream_version']}\n")
    for said in (c["isa"], *c["isas_available"], c["torch"], c["torch_built_with"], c["compiler"]):
        assert said in out
    assert ("built for" if c["cuda_built"] else "not built") in out


def test_show_config_without_cuda(capsys, monkeypatch):
    without = {**_core.config(), "cuda_built": False, "cuda_archs": []}
    monkeypatch.setattr(_core, "config", lambda: without)
    seedaug.show_config()
    assert "CUDA kernels:    not built; GPU: " in capsys.readouterr().out


def test_info_command_prints_the_same(capsys):
    done = run(["-m", "seedaug", "info"])
    seedaug.show_config()
    assert (done.returncode, done.stdout) == (0, capsys.readouterr().out)


@pytest.mark.parametrize("isa", ISAS)
def test_environment_forces_an_instruction_set(isa):
    done = run(["-c", "import seedaug; seedaug.show_config()"], SEEDAUG_ISA=isa)
    assert f"instruction set: {isa} (available: {', '.join(ISAS)})" in done.stdout


def test_an_instruction_set_that_is_not_there():
    done = run(["-c", "import seedaug"], SEEDAUG_ISA="avx9")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"ValueError: SEEDAUG_ISA=avx9: this build on this machine has {', '.join(ISAS)}; "
        "name one of them, or unset it for the first"
    )
