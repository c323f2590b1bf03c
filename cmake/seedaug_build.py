"""Hands the build over to CMake and Ninja: the PEP 517 backend, the build_ext command, and a small program.

pip and build use the hooks (`pyproject.toml` names this module); setup.py uses `BuildNative`; make uses
`python cmake/seedaug_build.py inplace`, which compiles what has changed and puts the libraries into seedaug/.
Whatever is missing (Python 3.10, a compiler, CMake, Ninja, torch) is told in one sentence.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINIMUM_TORCH = (2, 10)


def fail(sentence):
    """Ends the build with one sentence."""
    raise SystemExit("seedaug: " + sentence)


def require_python():
    if sys.version_info < (3, 10):
        fail(
            "Python 3.10 or newer is needed, this is %d.%d (%s)"
            % (*sys.version_info[:2], sys.executable)
        )


# What is needed, and where it is


def find_torch():
    """(directory, version) of the torch to compile against, or None.

    Only its headers and libraries are wanted, so it is not imported. Under pip's build isolation the
    environment's own packages are not importable, yet the interpreter still knows their folder: a torch that
    is installed there serves, and several gigabytes need not be fetched for the build alone.
    """
    found = importlib.util.find_spec("torch")
    folders = [Path(found.origin).parent] if found and found.origin else []
    folders += [Path(sysconfig.get_path(scheme)) / "torch" for scheme in ("purelib", "platlib")]
    for folder in folders:
        version = folder / "version.py"
        if version.is_file():
            text = re.search(r"__version__ = ['\"](.+?)['\"]", version.read_text())
            return folder, text.group(1) if text else "unknown"
    return None


def is_recent(version):
    return tuple(int(n) for n in re.findall(r"\d+", version)[:2]) >= MINIMUM_TORCH


def find_tool(name):
    """The path of cmake or ninja: the Python package of that name first, then PATH. None if there is neither."""
    folders = [sysconfig.get_path("scripts"), os.environ.get("PATH", "")]
    package = importlib.util.find_spec(name)
    if package and package.origin:
        folders.insert(0, str(Path(package.origin).parent / "data" / "bin"))
    return shutil.which(name, path=os.pathsep.join(folders))


def find_compiler():
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    for name in names:
        if path := shutil.which(name.split()[0]):
            return path
    fail(f"no C++17 compiler found (looked for {', '.join(names)}); install g++ 9 or clang++ 10, or set CXX")


def find_all():
    """What CMake is told, as a dict of its variables, and the path of cmake itself."""
    require_python()
    find_compiler()
    tools = {name: find_tool(name) for name in ("cmake", "ninja")}
    for name, path in tools.items():
        if path is None:
            fail(f"{name} is not there; install it with: {sys.executable} -m pip install {name}")
    torch = find_torch()
    if torch is None:
        fail(f"torch is not there; install it with: {sys.executable} -m pip install 'torch>=2.10'")
    if not is_recent(torch[1]):
        fail(f"torch 2.10 or newer is needed to build, {torch[1]} is installed in {torch[0].parent}")
    if importlib.util.find_spec("pybind11") is None:
        fail(f"pybind11 is not there; install it with: {sys.executable} -m pip install pybind11")
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        fail("Python.h is not there; install the headers of this Python (Debian: python3-dev)")

    import pybind11

    return tools["cmake"], {
        "CMAKE_MAKE_PROGRAM": tools["ninja"],
        "Python_EXECUTABLE": sys.executable,
        "SEEDAUG_TORCH_DIR": str(torch[0]),
        "SEEDAUG_TORCH_VERSION": torch[1],
        "pybind11_DIR": pybind11.get_cmake_dir(),
        "SEEDAUG_CUDA": os.environ.get("SEEDAUG_CUDA") or "auto",
        **(
            {"SEEDAUG_CUDA_ARCHS": os.environ["SEEDAUG_CUDA_ARCHS"].replace(",", ";")}
            if os.environ.get("SEEDAUG_CUDA_ARCHS")
            else {}
        ),
    }


# Building


def platform_name():
    return f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}"


@contextmanager
def only_one(folder):
    """Makes a second build in the same folder wait for the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:
            yield
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(command):
    code = subprocess.run([str(word) for word in command]).returncode
    if code:
        fail(f"{Path(command[0]).name} failed with status {code}; what went wrong stands above")


def cmake_build(folder, targets, **variables):
    """Configures `folder` if what it was configured with has changed, and builds `targets` there."""
    cmake, found = find_all()
    found.update(variables)
    arguments = [f"-D{name}={value}" for name, value in sorted(found.items())]
    record = "\n".join([cmake, str(ROOT), os.environ.get("CXX", ""), *arguments])
    with only_one(folder):
        recorded = folder / "configured"
        if not recorded.is_file() or recorded.read_text() != record:
            recorded.unlink(missing_ok=True)
            (folder / "CMakeCache.txt").unlink(missing_ok=True)
            run([cmake, "-S", ROOT, "-B", folder, "-G", "Ninja", *arguments])
            recorded.write_text(record)
        run([cmake, "--build", folder, "--target", *targets])
    return folder


def copy_libraries(folder, destination):
    """Copies the built libraries, each replaced in one step: a running Python keeps the one it has loaded."""
    destination.mkdir(parents=True, exist_ok=True)
    for library in sorted((folder / "seedaug").glob("*.so")):
        target = destination / library.name
        if target.is_file() and target.read_bytes() == library.read_bytes():
            continue
        partial = target.with_suffix(".partial")
        shutil.copy2(library, partial)
        os.replace(partial, target)
        print(f"seedaug: {target}")


def build_inplace():
    folder = cmake_build(ROOT / "build" / platform_name(), ["all"], SEEDAUG_TESTS="ON")
    copy_libraries(folder, ROOT / "seedaug")
    return folder


def build_into(destination):
    copy_libraries(cmake_build(ROOT / "build" / f"wheel-{platform_name()}", ["all"]), destination)


def build_native_tests():
    """Builds the programs of tests/native; their folder."""
    folder = ROOT / "build" / platform_name()
    return cmake_build(folder, ["native_tests"], SEEDAUG_TESTS="ON") / "native_tests"


# PEP 517 and 660: setuptools' hooks, with the requirements of the native part added


def native_requirements():
    require_python()
    needed = [f"{name}" for name in ("cmake", "ninja") if find_tool(name) is None]
    torch = find_torch()
    if torch is None or not is_recent(torch[1]):
        needed.append("torch>=2.10")
    return needed


def get_requires_for_build_wheel(config_settings=None):
    return native_requirements()


def get_requires_for_build_editable(config_settings=None):
    return native_requirements()


def get_requires_for_build_sdist(config_settings=None):
    require_python()
    return []


def __getattr__(name):
    if name == "BuildNative":
        from seedaug_build_ext import BuildNative

        return BuildNative
    from setuptools import build_meta

    return getattr(build_meta, name)


if __name__ == "__main__":
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "inplace":
        build_inplace()
    elif command == "native-tests":
        print(build_native_tests())
    elif command == "cmake-arguments":
        print(";".join(f"{name}={value}" for name, value in find_all()[1].items()))
    else:
        fail("usage: seedaug_build.py inplace | native-tests | cmake-arguments")
