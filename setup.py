"""Thin: metadata is in pyproject.toml, the native build in CMakeLists.txt and cmake/."""

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, str(Path(__file__).resolve().parent / "cmake"))

import seedaug_build

seedaug_build.require_python()


class BuildNative(build_ext):
    """Puts _C and _core into a wheel's build folder, or into seedaug/ for an editable install."""

    def run(self):
        if self.inplace:
            seedaug_build.build_inplace()
        else:
            seedaug_build.build_into(Path(self.build_lib) / "seedaug")

    def get_output_mapping(self):
        """For an editable install: each library's path in a wheel, and where it lies instead."""
        built = sorted(seedaug_build.PACKAGE.glob("*.so")) if self.inplace else []
        return {str(Path(self.build_lib, "seedaug", path.name)): str(path) for path in built}


setup(
    ext_modules=[Extension("seedaug._core", sources=[])],  # makes the wheel a platform's own
    cmdclass={"build_ext": BuildNative},
)
