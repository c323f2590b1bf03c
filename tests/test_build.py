"""The build: what it says when something is missing, and what its libraries hold and leave out."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from seedaug import _core

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(_core.__file__).parent
LIBRARIES = [*sorted(PACKAGE.glob("_C*.so")), Path(_core.__file__)]
BUILDER = ROOT / "cmake" / "seedaug_build.py"

pytestmark = pytest.mark.skipif(not BUILDER.is_file(), reason="the sources are not here")


@pytest.fixture
def builder():
    spec = importlib.util.spec_from_file_location("seedaug_build", BUILDER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """An environment with nothing in it: no program on PATH, no package of the build."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / name))
    return tmp_path


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def fake_torch(site, version):
    (site / "torch").mkdir(parents=True)
    (site / "torch" / "version.py").write_text(f"__version__ = '{version}'\n")


def test_each_missing_thing_is_one_sentence(builder, bare):
    def refuses(sentence):
        with pytest.raises(SystemExit, match=sentence):
            builder.find_all()

    refuses(r"seedaug: no C\+\+17 compiler found \(looked for c\+\+, g\+\+, clang\+\+\)")
    script(bare / "g++", "exit 0")
    refuses("seedaug: cmake is not there; install it with: .*pip install cmake")
    script(bare / "cmake", "exit 0")
    refuses("seedaug: ninja is not there; install it with: .*pip install ninja")
    script(bare / "ninja", "exit 0")
    refuses("seedaug: torch is not there; install it with: .*pip install 'torch>=2.10'")
    fake_torch(bare / "purelib", "2.9.1+cu128")
    refuses(r"seedaug: torch 2.10 or newer is needed to build, 2.9.1\+cu128 is installed in")
    fake_torch(bare / "platlib", "2.10.0")
    shutil.rmtree(bare / "purelib")
    refuses("seedaug: pybind11 is not there")


def test_an_old_python_is_one_sentence(builder, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"seedaug: Python 3.10 or newer is needed, this is 3.9"):
        builder.missing_requirements()


def test_a_compiler_that_is_named_but_missing(builder, bare, monkeypatch):
    monkeypatch.setenv("CXX", "icpx -O3")
    with pytest.raises(SystemExit, match=r"looked for icpx -O3"):
        builder.find_compiler()


def test_a_missing_compiler_shows_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, BUILDER, "inplace"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"seedaug: no C\+\+17 compiler found .*\n", done.stderr)
    assert done.stdout == ""


def test_cuda_required_but_not_there(builder, tmp_path, monkeypatch):
    if shutil.which("nvcc", path=os.defpath) or not shutil.which("c++", path=os.defpath):
        pytest.skip(f"nvcc is in {os.defpath}, or c++ is not")
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path))
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setenv("SEEDAUG_CUDA", "1")
    with pytest.raises(SystemExit, match="seedaug: SEEDAUG_CUDA=1, but no nvcc in CUDA_HOME"):
        builder.cmake_build(tmp_path / "build", ["all"], SEEDAUG_CUDA_DEFAULT=str(tmp_path))


def test_an_isolated_build_takes_the_torch_of_its_environment(builder, bare):
    assert builder.missing_requirements() == ["cmake", "ninja", "torch>=2.10"]
    script(bare / "cmake", "exit 1")  # as an environment's own cmake in isolation: it does not run
    fake_torch(bare / "purelib", "2.13.0+cpu")
    assert builder.missing_requirements() == ["cmake", "ninja"]
    script(bare / "cmake", "exit 0")
    script(bare / "ninja", "exit 0")
    assert builder.missing_requirements() == []


def test_version_has_one_source():
    text = (ROOT / "pyproject.toml").read_text()
    assert f'\nversion = "{_core.config()["version"]}"\n' in text


def test_no_path_of_the_build_machine_is_in_the_libraries():
    assert [p.name for p in LIBRARIES if str(ROOT).encode() + b"/" in p.read_bytes()] == []


def dynamic_section(library):
    if shutil.which("readelf") is None:
        pytest.skip("no readelf here")
    return subprocess.run(
        ["readelf", "-d", library], capture_output=True, text=True, check=True
    ).stdout


def test_torch_library_is_found_through_the_running_torch():
    dynamic = dynamic_section(LIBRARIES[0])
    needed = re.findall(r"NEEDED.*\[(.+?)\]", dynamic)
    assert {"libtorch.so", "libtorch_cpu.so", "libc10.so"} <= set(needed)
    assert "libtorch_python.so" not in needed
    assert not [name for name in needed if name.startswith(("libcudart", "libpython"))]
    assert "RPATH" not in dynamic
    assert "RUNPATH" not in dynamic


def test_torch_library_keeps_to_the_stable_abi():
    pytest.importorskip("torch_abi_audit")
    audit = [Path(sysconfig.get_path("scripts")) / "torch-abi-audit", "--check", "torch"]
    done = subprocess.run([*audit, LIBRARIES[0]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Torch ABI: +STABLE\n *Min torch: +2\.10\.0\n", done.stdout)


def test_numpy_library_does_not_need_torch():
    needed = re.findall(r"NEEDED.*\[(.+?)\]", dynamic_section(LIBRARIES[1]))
    assert not [name for name in needed if "torch" in name or "c10" in name]


def test_loops_of_an_instruction_set_share_no_function_with_the_others():
    """A weak symbol compiled for AVX-512 could be the one that the linker keeps for all."""
    folder = ROOT / "build" / f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    objects = sorted(folder.glob("CMakeFiles/seedaug_*.dir/csrc/cpu/isa/*.o"))
    if not objects or shutil.which("nm") is None:
        pytest.skip("no object files or no nm here")
    owners = {}
    for path in objects:
        nm = ["nm", "-C", "--defined-only", "--extern-only", path]
        listing = subprocess.run(nm, capture_output=True, text=True, check=True).stdout
        for name in re.findall(r"^\S+ [WVu] (.+)$", listing, re.MULTILINE):
            owners.setdefault(name, []).append(path.parts[-5])
    assert {name: isas for name, isas in owners.items() if len(isas) > 1} == {}


@pytest.mark.slow
def test_sdist_holds_what_a_build_needs(tmp_path):
    pytest.importorskip("build")
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", tmp_path]
    done = subprocess.run([*command, ROOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    wanted = re.compile(r"(cmake|csrc|cuda|seedaug|tests)/|setup.py|pyproject.toml|CMakeLists.txt")
    assert {name for name in listed.splitlines() if wanted.match(name)} <= held
    assert not [name for name in held if name.endswith((".so", ".pyc"))]
