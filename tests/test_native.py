"""Runs the C++ tests of tests/native: here, and on an emulated aarch64 if its tools are here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STEMS = sorted(path.stem for path in (ROOT / "tests" / "native").glob("*.cpp"))
BUILDER = ROOT / "cmake" / "seedaug_build.py"
CROSS_TOOLS = ("aarch64-linux-gnu-g++", "qemu-aarch64")

pytestmark = pytest.mark.skipif(
    os.environ.get("SEEDAUG_SANITIZE") == "1" or not BUILDER.is_file(),
    reason="the build is not here; `make sanitize` runs these programs itself",
)


def build(command):
    done = subprocess.run([sys.executable, BUILDER, command], capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{done.stdout}\n{done.stderr}", pytrace=False)
    return Path(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def programs():
    return build("native-tests")


@pytest.fixture(scope="session")
def aarch64_programs():
    missing = [tool for tool in CROSS_TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not checked on aarch64: no {' and no '.join(missing)} here")
    return build("native-tests-aarch64")


def passes(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"status {done.returncode}\n{done.stdout}\n{done.stderr}", pytrace=False)


@pytest.mark.parametrize("stem", STEMS)
def test_native(programs, stem):
    passes([programs / stem])


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
def test_native_on_aarch64(aarch64_programs, stem):
    passes(["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", aarch64_programs / stem])
