"""setuptools' build_ext command, handed over to CMake."""

from pathlib import Path

import seedaug_build
from setuptools.command.build_ext import build_ext


class BuildNative(build_ext):
    """Puts _C and _core into a wheel's build folder, or into seedaug/ for an editable install."""

    def run(self):
        if self.inplace or self.editable_mode:
            seedaug_build.build_inplace()
        else:
            seedaug_build.build_into(Path(self.build_lib) / "seedaug")

    def get_outputs(self):
        folder = (
            seedaug_build.ROOT / "seedaug" if self.inplace else Path(self.build_lib) / "seedaug"
        )
        return [str(path) for path in sorted(folder.glob("*.so"))]

    def get_output_mapping(self):
        return {}
