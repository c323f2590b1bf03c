"""Finds the file that an import means, and which files belong together."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping

from seedaug.lint.known import words
from seedaug.lint.syntax import Import, Module

__all__ = ["Imports"]

LIBRARIES = words(  # not `datasets` and the like: many projects have their own
    """numpy torch torchvision torchaudio torchtext scipy sklearn skimage cv2 PIL pandas matplotlib
    tensorflow keras jax flax lightning pytorch_lightning transformers albumentations kornia monai
    imgaug numba random os sys math time typing collections functools itertools json re copy glob
    pathlib abc dataclasses multiprocessing threading concurrent contextlib enum warnings logging
    argparse pickle shutil subprocess types builtins"""
)
SIGNS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "environment.yml")


class Imports:
    """The imports of some files.

    Args:
        modules: the files by absolute path.
        left: files of which one knows that they do not matter.
    """

    def __init__(
        self, modules: Mapping[str, Module | None], left: frozenset[str] = frozenset()
    ) -> None:
        self._left = left
        self._modules = modules
        folders = [os.path.dirname(path) for path in modules]
        self._top = os.path.commonpath(folders) if folders else ""
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in sorted(modules):
            self._by_stem[_stem(path)].append(path)
        self._exists: dict[str, str | None] = {}
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._projects: dict[str, str] = {}
        self._listed: dict[str, frozenset[str]] = {}
        self._above: dict[str, list[str]] = {}

    def find(self, importer: str, found: Import) -> str | None:
        """The path of the module that an import names, as seen from a file; None if not ours.

        `import a.b` is looked for beside the importing file and in the folders above it, nearest
        first, in `src` there too, and at last without `a`: a checkout may have another name.
        """
        key = (os.path.dirname(importer), found.module, found.level)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, folder: str, name: str, level: int) -> str | None:
        parts = [part for part in name.split(".") if part]
        if not level and parts and parts[0] in LIBRARIES and parts[0] not in folder.split(os.sep):
            return None  # the library, even if its source is among the files
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._file(folder, parts)
        if not parts:
            return None
        above = self._ancestors(folder)
        for root in above:
            path = self._file(root, parts)
            if path is None and "src" in self._names(root):
                path = self._file(os.path.join(root, "src"), parts)
            if path is not None:
                return path
        if len(parts) > 1:
            for root in above:
                path = self._file(root, parts[1:])
                if path is not None:
                    return path
        return self._anywhere(folder, "/".join(parts))

    def _anywhere(self, folder: str, end: str) -> str | None:
        """The nearest of the given files that ends like an import: found through `sys.path`."""
        near = [
            path
            for path in self._by_stem.get(end.rpartition("/")[2], ())
            if path.endswith((f"/{end}.py", f"/{end}/__init__.py"))
            and self._project(path) == self._project(folder)
        ]
        return max(near, key=lambda path: len(os.path.commonpath((path, folder))), default=None)

    def _project(self, path: str) -> str:
        """The folder of the project that a file or folder belongs to.

        The nearest above it that holds a sign of a project, else the first below that of all
        given files; "" for a file that lies there itself.
        """
        folder = path if not path.endswith((".py", ".ipynb")) else os.path.dirname(path)
        if folder not in self._projects:
            signed = (
                above
                for above in self._ancestors(folder)
                if any(sign in self._names(above) for sign in SIGNS)
            )
            self._projects[folder] = next(signed, self._first_level(folder))
        return self._projects[folder]

    def _first_level(self, folder: str) -> str:
        inner = os.path.relpath(folder, self._top).split(os.sep)[0]
        return "" if inner == os.curdir else os.path.join(self._top, inner)

    def groups(self) -> list[list[str]]:
        """The files, those together that are joined by imports, or in one package or folder.

        What nothing imports stays with its project, if there are signs of one, else with its folder
        on the first level: of several checkouts side by side, each is apart.
        """
        found: dict[str, str] = {}

        def first(path: str) -> str:
            while path in found:
                path = found[path]
            return path

        def join(one: str, other: str) -> None:
            one, other = sorted((first(one), first(other)))
            if one != other:
                found[other] = one

        leaders: dict[str, str] = {}
        for path in sorted(self._modules):
            project = self._project(path)
            if project:
                join(path, leaders.setdefault(project, path))
            for other in self.imported(path):
                if other in self._modules:
                    join(path, other)
        together: dict[str, list[str]] = {}
        for path in sorted(self._modules):
            together.setdefault(first(path), []).append(path)
        return list(together.values())

    def imported(self, path: str) -> list[str]:
        """The files that a file imports."""
        module = self._modules.get(path)  # none: excluded, and imported by what is not
        found: list[str] = []
        for one in module.imports if module else ():
            targets = [one]
            if one.name not in (None, "*"):
                inner = f"{one.module}.{one.name}" if one.module else f"{one.name}"
                targets.append(Import(inner, None, one.level))
            found += [other for target in targets if (other := self.find(path, target))]
        return found

    def _file(self, folder: str, parts: list[str]) -> str | None:
        stem = os.path.join(folder, *parts)
        if stem not in self._exists:
            first = parts[0] if parts else ""
            if first and not {first, f"{first}.py"} & self._names(folder):
                return None
            candidates = (stem + ".py", os.path.join(stem, "__init__.py"))
            self._exists[stem] = next((path for path in candidates if self._is_file(path)), None)
        return self._exists[stem]

    def _is_file(self, path: str) -> bool:
        return path in self._modules or (path not in self._left and os.path.isfile(path))

    def _names(self, folder: str) -> frozenset[str]:
        """What is in a folder."""
        found = self._listed.get(folder)
        if found is None:
            try:
                found = frozenset(os.listdir(folder))
            except OSError:
                found = frozenset()
            self._listed[folder] = found
        return found

    def _ancestors(self, folder: str) -> list[str]:
        """The folder and those above it, up to the root of its checkout (or eight of them)."""
        if folder not in self._above:
            self._above[folder] = _ancestors(folder)
        return self._above[folder]


def _stem(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else name.rpartition(".")[0]


def _ancestors(folder: str) -> list[str]:
    found = [folder]
    while len(found) < 8 and not os.path.exists(os.path.join(found[-1], ".git")):
        above = os.path.dirname(found[-1])
        if above == found[-1]:
            break
        found.append(above)
    return found
