"""`make lint`: style, types, and our own sources compiled without a warning by each compiler.

A compiler that is missing is named as not checked; nothing else is let pass.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import seedaug_build
from seedaug_build import CROSS_COMPILER, ROOT

BIN = Path(sysconfig.get_path("scripts"))


def native_sources():
    folders = ("csrc", "cuda", "tests/native")
    suffixes = {".h", ".cpp", ".cu", ".cuh"}
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in suffixes
    )


def passes(name, command):
    print(f"lint: {name}", flush=True)
    return subprocess.run([str(word) for word in command], cwd=ROOT).returncode == 0


def compiles(name, build):
    """Whether a build goes through with -Wall -Wextra -Werror."""
    print(f"lint: {name}, -Wall -Wextra -Werror", flush=True)
    try:
        build()
    except SystemExit as error:
        print(error, file=sys.stderr)
        return False
    return True


def build_with(compiler, cuda):
    """Builds everything with this compiler; the kernels for one architecture, to be quick."""
    seedaug_build.cmake_build(
        ROOT / "build" / f"lint-{compiler}",
        ["all", "native_tests"],
        quiet=True,
        SEEDAUG_TESTS="ON",
        SEEDAUG_CUDA=cuda,
        SEEDAUG_CUDA_ARCHS="90",
        CMAKE_CXX_COMPILER=shutil.which(compiler),
        CMAKE_COMPILE_WARNING_AS_ERROR="ON",
    )


COMPILATIONS = {
    "g++": lambda: build_with("g++", cuda="auto"),
    "clang++": lambda: build_with("clang++", cuda="0"),
    CROSS_COMPILER: seedaug_build.build_aarch64,
}


def checks():
    """Runs every check; yields (name, whether it passed)."""
    python = [sys.executable, "-m"]
    yield (
        "ruff format",
        passes("ruff format", [*python, "ruff", "format", "--check", "--quiet", "."]),
    )
    yield "ruff check", passes("ruff check", [*python, "ruff", "check", "--quiet", "."])
    typed = ["seedaug", "tests/typed_calls.py"]
    yield "mypy --strict", passes("mypy --strict seedaug", [*python, "mypy", "--strict", *typed])
    formatted = [BIN / "clang-format", "--dry-run", "-Werror", *native_sources()]
    yield "clang-format", passes("clang-format", formatted)
    for compiler, build in COMPILATIONS.items():
        if shutil.which(compiler):
            yield compiler, compiles(compiler, build)
        else:
            print(f"lint: not checked: {compiler}: it is not on this machine")


def main():
    failed = [name for name, passed in checks() if not passed]
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
