"""`make sanitize`: the C++ tests and the operators' Python tests under AddressSanitizer and UBSan.

Everything is built anew in build/sanitize, and the Python tests run from a copy of the package
there, so the libraries in seedaug/ stay what they are. Leaks are looked for in the C++ tests, and
in our libraries alone in the Python process: CPython and torch keep much on purpose.
Arguments go to pytest.
"""

import os
import re
import shutil
import subprocess
import sys

import seedaug_build
from seedaug_build import ROOT

FOLDER = ROOT / "build" / "sanitize"
PACKAGE = FOLDER / "package"
REPORT = FOLDER / "report"
UNDEFINED = "print_stacktrace=1:halt_on_error=1"
# Worker processes, compilation, timing and what is Python alone show nothing about memory here.
LEFT_OUT = [
    "bug_table",
    "check",
    "contract",
    "example",
    "frameworks",
    "held",
    "integrations",
    "lint",
    "memory",
    "build",
    "config",
    "data",
    "compile",
    "stat",
    "native",
    "demo",
    "cli",
    "bench",
    "readme",
]
OUR_FRAME = re.compile(r"^ +#[0-4] .*( (csrc|cuda)/|/seedaug/_)", re.MULTILINE)


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


def run_native_tests():
    for source in sorted((ROOT / "tests" / "native").glob("*.cpp")):
        print(f"sanitize: {source.stem}", flush=True)
        env = {**os.environ, "UBSAN_OPTIONS": UNDEFINED, "ASAN_OPTIONS": "detect_leaks=1"}
        if subprocess.run([FOLDER / "native_tests" / source.stem], env=env).returncode:
            seedaug_build.fail(f"{source.stem} failed under the sanitizers")


def run_python_tests(compiler, arguments):
    """pytest's status; the sanitizers' reports go to files beside the copy."""
    env = {
        **os.environ,
        "LD_PRELOAD": " ".join(runtime_libraries(compiler)),
        "ASAN_OPTIONS": f"detect_leaks=1:allocator_may_return_null=1:log_path='{REPORT}'",
        "UBSAN_OPTIONS": f"{UNDEFINED}:log_path='{REPORT}'",
        "LSAN_OPTIONS": "exitcode=0",
        "PYTHONMALLOC": "malloc",
        "SEEDAUG_SANITIZE": "1",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--capture=sys",
        *arguments,
    ]
    return subprocess.run(command, env=env, cwd=PACKAGE).returncode


def our_reports():
    """Errors, and the leaks that our libraries made: one of ours among the innermost frames."""
    for path in sorted(FOLDER.glob(f"{REPORT.name}.*")):
        text = path.read_text(errors="replace")
        if "ERROR: AddressSanitizer" in text or "runtime error: " in text:
            yield text
        leaks = re.split(r"\n(?=(?:Direct|Indirect) leak of )", text)[1:]
        yield from (leak for leak in leaks if OUR_FRAME.search(leak))


def main():
    compiler = seedaug_build.find_compiler()
    seedaug_build.cmake_build(
        FOLDER, ["all", "native_tests"], SEEDAUG_SANITIZE="ON", SEEDAUG_TESTS="ON", SEEDAUG_CUDA="0"
    )
    run_native_tests()
    copy_package()
    for old in FOLDER.glob(f"{REPORT.name}.*"):
        old.unlink()
    status = run_python_tests(compiler, sys.argv[1:] or python_tests())
    reports = list(our_reports())
    print(*reports, sep="\n", end="")
    print(f"sanitize: {len(reports)} leaks or memory errors of ours; pytest's status {status}")
    return 1 if status or reports else 0


if __name__ == "__main__":
    sys.exit(main())
