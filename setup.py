"""Thin: metadata is in pyproject.toml, the native build in CMakeLists.txt and cmake/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "cmake"))

import seedaug_build

seedaug_build.require_python()

from seedaug_build_ext import BuildNative
from setuptools import Extension, setup

setup(
    ext_modules=[Extension("seedaug._core", sources=[])],  # makes the wheel a platform's own
    cmdclass={"build_ext": BuildNative},
)
