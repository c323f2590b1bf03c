"""Finds what the build needs, and hands over to CMake and Ninja.

setup.py calls it for pip, make calls `python cmake/seedaug_build.py inplace`, which compiles what
has changed and puts the libraries into seedaug/; lint.py, sanitize.py and the tests build more.
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
PACKAGE = ROOT / "seedaug"
MINIMUM_TORCH = (2, 10)
CROSS_COMPILER = "aarch64-linux-gnu-g++"
OPTIONS = ("SEEDAUG_CUDA", "SEEDAUG_CUDA_ARCHS")  # CMake's, taken from the environment


def fail(sentence):
    """Ends the build with one sentence."""
    raise SystemExit("seedaug: " + sentence)


def require_python():
    if sys.version_info < (3, 10):  # noqa: UP036 (older ones get as far as this)
        here = ".".join(str(n) for n in sys.version_info[:2])
        fail(f"Python 3.10 or newer is needed, this is {here} ({sys.executable})")


# What is needed, and where it is


def package_folders(name):
    """Where a Python package may be: as it is imported, then the environment's own folders.

    Under pip's build isolation the environment's packages cannot be imported, yet the interpreter
    still knows their folder: a torch that is installed there serves, and gigabytes need not be
    fetched for the build alone.
    """
    found = importlib.util.find_spec(name)
    if found and found.origin:
        yield Path(found.origin).parent
    for scheme in ("purelib", "platlib"):
        yield Path(sysconfig.get_path(scheme)) / name


def find_torch():
    """(directory, version) of the torch to compile against, or None.

    Only its headers and libraries are wanted, so it is not imported.
    """
    for folder in package_folders("torch"):
        version = folder / "version.py"
        if version.is_file():
            text = re.search(r"__version__ = ['\"](.+?)['\"]", version.read_text())
            return folder, text.group(1) if text else "unknown"
    return None


def is_recent(version):
    return tuple(int(n) for n in re.findall(r"\d+", version)[:2]) >= MINIMUM_TORCH


def find_tool(name):
    """The path of cmake or ninja, from the Python package of that name or PATH, or None.

    Each is tried: the script that an environment has for cmake does not run in a build isolated
    from that environment, while the program in its package does.
    """
    folders = [
        *(str(folder / "data" / "bin") for folder in package_folders(name)),
        sysconfig.get_path("scripts"),
        *os.environ.get("PATH", os.defpath).split(os.pathsep),
    ]
    for folder in folders:
        path = shutil.which(name, path=folder)
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return None


def find_compiler():
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    path = next(filter(None, (shutil.which(name.split()[0]) for name in names)), None)
    if path is None:
        looked = ", ".join(names)
        fail(f"no C++17 compiler found (looked for {looked}); install g++ or clang++, or set CXX")
    return path


def find_all():
    """The path of cmake, and what it is told of the rest, as a dict of its variables."""
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
        fail(
            f"torch 2.10 or newer is needed to build, {torch[1]} is installed in {torch[0].parent}"
        )
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
    }


def missing_requirements():
    """What an isolated build must fetch: the tools, and the torch, that its environment lacks."""
    require_python()
    missing = [name for name in ("cmake", "ninja") if find_tool(name) is None]
    torch = find_torch()
    return missing if torch and is_recent(torch[1]) else [*missing, "torch>=2.10"]


# Building


def platform_name():
    return f"{sysconfig.get_platform()}-{sys.implementation.cache_tag}"


@contextmanager
def only_one(folder):
    """Makes a second build in the same folder wait for the first."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def configure(command):
    """Runs CMake's first step; a message of our own is told alone, anything else in full."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    output = done.stdout + done.stderr
    if done.returncode == 0:
        print(*re.findall("^-- (seedaug: .*)$", output, re.MULTILINE), sep="\n", flush=True)
        return
    own = re.search(r"\(message\):\n((?:  .+\n)+)", output)
    if own and "seedaug: " in own.group(1):
        fail(" ".join(own.group(1).split()).removeprefix("seedaug: "))
    print(output, flush=True)
    fail("cmake could not configure the build; why stands above")


def run(command, quiet=False):
    """Runs a program; if quiet, its output is shown only when it fails."""
    shown = {"capture_output": True, "text": True} if quiet else {}
    done = subprocess.run([str(word) for word in command], **shown)
    if done.returncode:
        print(done.stdout or "", done.stderr or "", sep="", end="", flush=True)
        name = Path(command[0]).name
        fail(f"{name} failed with status {done.returncode}; what went wrong stands above")


def cmake_build(folder, targets, quiet=False, **variables):
    """Configures `folder` if its configuration has changed, and builds `targets` there.

    A quiet build goes on after an error, to tell of all at once.
    """
    cmake, found = find_all()
    options = {name: os.environ[name] for name in OPTIONS if os.environ.get(name)}
    variables = {**found, **options, **variables}
    arguments = [f"-D{name}={value}" for name, value in sorted(variables.items())]
    record = "\n".join([cmake, str(ROOT), os.environ.get("CXX", ""), *arguments])
    with only_one(folder):
        recorded = folder / "configured"
        if not recorded.is_file() or recorded.read_text() != record:
            recorded.unlink(missing_ok=True)
            (folder / "CMakeCache.txt").unlink(missing_ok=True)
            configure([cmake, "-S", ROOT, "-B", folder, "-G", "Ninja", *arguments])
            recorded.write_text(record)
        go_on = ["--", "-k", "0"] if quiet else []
        run([cmake, "--build", folder, "--target", *targets, *go_on], quiet)
    return folder


def copy_libraries(folder, destination):
    """Copies the built libraries, each in one step: a running Python keeps what it has loaded."""
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
    copy_libraries(folder, PACKAGE)


def build_into(destination):
    copy_libraries(cmake_build(ROOT / "build" / f"wheel-{platform_name()}", ["all"]), destination)


def build_native_tests():
    """Builds the programs of tests/native; their folder."""
    folder = ROOT / "build" / platform_name()
    return cmake_build(folder, ["native_tests"], SEEDAUG_TESTS="ON") / "native_tests"


def build_aarch64():
    """Cross-compiles the CPU library and the programs of tests/native without a warning."""
    folder = cmake_build(
        ROOT / "build" / "aarch64",
        ["all", "native_tests"],
        quiet=True,
        SEEDAUG_TESTS="ON",
        SEEDAUG_PYTHON="OFF",
        CMAKE_SYSTEM_NAME="Linux",
        CMAKE_SYSTEM_PROCESSOR="aarch64",
        CMAKE_CXX_COMPILER=CROSS_COMPILER,
        CMAKE_COMPILE_WARNING_AS_ERROR="ON",
    )
    return folder / "native_tests"


COMMANDS = {
    "inplace": build_inplace,
    "native-tests": build_native_tests,
    "native-tests-aarch64": build_aarch64,
    "cmake-arguments": lambda: ";".join(f"{k}={v}" for k, v in find_all()[1].items()),
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        fail("usage: seedaug_build.py " + " | ".join(COMMANDS))
    result = COMMANDS[sys.argv[1]]()
    if result is not None:  # what the caller reads
        print(result)
