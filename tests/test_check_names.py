"""Where the check is found: imported on demand, and no name of the package hides a module."""

import importlib
import pkgutil
import subprocess
import sys

import check_fixtures as known
import pytest

import seedaug


def test_importing_seedaug_leaves_the_check_out():
    program = """
import sys, seedaug
assert not [name for name in sys.modules if name.startswith("seedaug.check")]
assert {"assert_healthy", "check", "check_loader"} <= {*dir(seedaug)}
assert seedaug.check.Report.__name__ == "Report"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "imports",
    [
        "import seedaug.check.report",
        "from seedaug.check import Verdict; import seedaug",
        "from seedaug import check_loader; import seedaug",
        "from seedaug import *; import seedaug",
    ],
)
def test_names_are_the_same_whatever_is_imported_first(imports):
    program = f"""
import sys
{imports}
assert seedaug.check is sys.modules["seedaug.check"]
assert seedaug.check_loader is seedaug.check.check_loader
assert seedaug.assert_healthy is seedaug.check.assert_healthy
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_calling_the_module():
    with pytest.raises(TypeError, match=r"is a module: call seedaug\.check_loader\(loader\)"):
        seedaug.check(known.make_healthy(), max_samples=200)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'seedaug' has no attribute 'missing'"):
        _ = seedaug.missing


def test_no_name_hides_a_module():
    left_out = ("seedaug._C", "seedaug.__main__", "seedaug.integrations.")  # no module; needs more
    for found in pkgutil.walk_packages(seedaug.__path__, "seedaug."):
        if not found.name.startswith(left_out):
            module = importlib.import_module(found.name)
            package, _, name = found.name.rpartition(".")
            assert getattr(sys.modules[package], name) is module, found.name
