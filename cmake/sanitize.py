"""`make sanitize`: the C++ tests and the operators' Python tests under AddressSanitizer and UBSan.

Everything is built anew in build/sanitize, and the Python tests run from a copy of the package
there, so the libraries in seedaug/ stay what they are. Leaks are looked for in the C++ tests, and
in our libraries alone in the Python process: CPython and torch keep much on purpose.
Arguments go to pytest.
"""

import os
import shutil
import subprocess
import sys

import seedaug_build
from seedaug_build import ROOT

FOLDER = ROOT / "build" / "sanitize"
PACKAGE = FOLDER / "package"
# Worker processes, compilation and timing show nothing about memory and are slow here.
LEFT_OUT = ["build", "config", "data", "compile", "stat", "native", "demo", "cli", "bench"]
LEAKS_OF_OTHERS = (
    "python",
    "libtorch",
    "libc10",
    "numpy",
    "_multiarray",
    "libgomp",
    "sympy",
    "PIL",
)


def runtime_libraries(compiler):
    """What a Python without sanitizers must load first to load a module with them."""
    names = ("libasan.so", "libubsan.so", "libstdc++.so")
    ask = [[compiler, f"-print-file-name={name}"] for name in names]
    return [
        subprocess.run(a, capture_output=True, text=True, check=True).stdout.strip() for a in ask
    ]


def copy_package():
    shutil.rmtree(PACKAGE, ignore_errors=True)
    ignore = shutil.ignore_patterns("*.so", "__pycache__")
    for name in ("seedaug", "tests", "docs", "examples", "csrc"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, PACKAGE / name, ignore=ignore)
    shutil.copy2(ROOT / "pyproject.toml", PACKAGE)
    seedaug_build.copy_libraries(FOLDER, PACKAGE / "seedaug")


def python_tests():
    """The test files that exercise the native code, as paths in the copy."""
    tests = sorted((PACKAGE / "tests").glob("test_*.py"))
    return [t for t in tests if not any(word in t.stem for word in LEFT_OUT)]


def environment(**more):
    undefined = "print_stacktrace=1:halt_on_error=1"
    return {**os.environ, "UBSAN_OPTIONS": undefined, **more}


def main():
    compiler = seedaug_build.find_compiler()
    seedaug_build.cmake_build(
        FOLDER, ["all", "native_tests"], SEEDAUG_SANITIZE="ON", SEEDAUG_TESTS="ON", SEEDAUG_CUDA="0"
    )
    for program in sorted((FOLDER / "native_tests").iterdir()):
        print(f"sanitize: {program.name}", flush=True)
        env = environment(ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1")
        if subprocess.run([program], env=env).returncode:
            seedaug_build.fail(f"{program.name} failed under the sanitizers")

    copy_package()
    suppressions = FOLDER / "leaks-of-others"
    suppressions.write_text("".join(f"leak:{name}\n" for name in LEAKS_OF_OTHERS))
    env = environment(
        LD_PRELOAD=" ".join(runtime_libraries(compiler)),
        ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1",
        LSAN_OPTIONS=f"suppressions={suppressions}:print_suppressions=0",
        PYTHONMALLOC="malloc",
        SEEDAUG_SANITIZE="1",
    )
    arguments = sys.argv[1:] or [*python_tests(), "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], env=env, cwd=PACKAGE
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
