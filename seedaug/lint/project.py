"""The files of one run: finding the file that an import means, and indexes over all of them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from seedaug.lint.syntax import (
    Attribute,
    Call,
    Class,
    Expression,
    Function,
    Import,
    Module,
    Name,
    Stored,
)

__all__ = ["CallSite", "ClassKey", "FunctionKey", "Project", "last_name"]

FunctionKey: TypeAlias = tuple[str, str]  # path, qualified name
ClassKey: TypeAlias = tuple[str, str]

LIBRARIES = frozenset(  # not `datasets` and the like: many projects have their own
    """numpy torch torchvision torchaudio torchtext scipy sklearn skimage cv2 PIL pandas matplotlib
    tensorflow keras jax flax lightning pytorch_lightning transformers albumentations kornia monai
    imgaug numba random os sys math time typing collections functools itertools json re copy glob
    pathlib abc dataclasses multiprocessing threading concurrent contextlib enum warnings logging
    argparse pickle shutil subprocess types builtins""".split()
)
SIGNS = (".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "environment.yml")


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call and the function that it stands in."""

    call: Call
    scope: FunctionKey
    partial: bool = False  # of `partial(function, ...)`: some of the arguments


def last_name(expression: Expression) -> str:
    """The name at the end of a dotted expression, or ""."""
    if isinstance(expression, Name):
        return expression.id
    return expression.name if isinstance(expression, Attribute) else ""


class Project:
    """Every parsed file.

    Args:
        modules: the files that were asked for, by absolute path.
        load: parses one more file that an import leads to; None if it cannot be read.
    """

    def __init__(
        self, modules: Iterable[Module], load: Callable[[str], Module | None] | None = None
    ) -> None:
        self.modules: dict[str, Module | None] = {module.path: module for module in modules}
        self.asked = frozenset(self.modules)
        self._load = load or (lambda path: None)
        self._exists: dict[str, str | None] = {}
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._roots: dict[str, str] = {}
        folders = [os.path.dirname(path) for path in self.modules]
        self._top = os.path.commonpath(folders) if folders else ""
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.modules):
            self._by_stem[_stem(path)].append(path)
        self.methods: dict[str, list[ClassKey]] = defaultdict(list)  # who defines it, by its name
        self.calls: dict[str, list[CallSite]] = defaultdict(list)  # by the last name called
        # What is stored in attributes of anything but `self`, by their names.
        self.stores: dict[str, list[tuple[Stored, FunctionKey]]] = defaultdict(list)
        self.subclasses: dict[str, list[ClassKey]] = defaultdict(list)  # by the base's last name
        for module in list(self.modules.values()):
            if module is not None:
                self._index(module)

    def _index(self, module: Module) -> None:
        for function in module.functions.values():
            scope = (module.path, function.qualname)
            for call in function.calls:
                name = last_name(call.function)
                if name:
                    self.calls[name].append(CallSite(call, scope))
                if name == "partial" and call.arguments:
                    inner = Call(
                        call.arguments[0],
                        call.arguments[1:],
                        call.keywords,
                        call.span,
                        call.guards,
                    )
                    self.calls[last_name(inner.function)].append(CallSite(inner, scope, True))
            for stored in function.stored:
                if isinstance(stored.owner, Name) and stored.owner.id in ("self", "cls"):
                    continue  # Classes.attributes has these
                self.stores[stored.name].append((stored, scope))
        for found in module.classes.values():
            for name in found.methods:
                self.methods[name].append((module.path, found.qualname))
            for base in found.bases:
                self.subclasses[last_name(base)].append((module.path, found.qualname))

    def module(self, path: str) -> Module | None:
        """The parsed file at a path that `find` gave."""
        if path not in self.modules:
            module = self._load(path)
            self.modules[path] = module
            if module is not None:
                self._index(module)
        return self.modules[path]

    def function(self, key: FunctionKey) -> Function:
        """The function of a key."""
        module = self.modules[key[0]]
        assert module is not None
        return module.functions[key[1]]

    def class_(self, key: ClassKey) -> Class:
        """The class of a key."""
        module = self.modules[key[0]]
        assert module is not None
        return module.classes[key[1]]

    def functions(self) -> Iterable[tuple[FunctionKey, Function]]:
        """All functions of the files that were asked for."""
        for path in sorted(self.asked):
            module = self.modules[path]
            if module is not None:
                for qualname, function in module.functions.items():
                    yield (path, qualname), function

    def classes(self) -> Iterable[tuple[ClassKey, Class]]:
        """All classes of the files that were asked for."""
        for path in sorted(self.asked):
            module = self.modules[path]
            if module is not None:
                for qualname, found in module.classes.items():
                    yield (path, qualname), found

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
        above = _ancestors(folder)
        for root in above:
            path = self._file(root, parts) or self._file(os.path.join(root, "src"), parts)
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
        candidates = self._by_stem.get(end.rpartition("/")[2], ())
        near = [
            path
            for path in candidates
            if path.endswith((f"/{end}.py", f"/{end}/__init__.py")) and self.together(path, folder)
        ]
        return max(near, key=lambda path: len(os.path.commonpath((path, folder))), default=None)

    def root(self, path: str) -> str:
        """The folder of the project that a file or folder belongs to.

        The nearest above it that holds a sign of a project, else the one of all given files.
        """
        folder = path if not path.endswith((".py", ".ipynb")) else os.path.dirname(path)
        if folder not in self._roots:
            found = self._top
            for above in _ancestors(folder):
                if any(os.path.exists(os.path.join(above, sign)) for sign in SIGNS):
                    found = above
                    break
            self._roots[folder] = found
        return self._roots[folder]

    def together(self, one: str, other: str) -> bool:
        """Whether two files belong to one project."""
        return self.root(one) == self.root(other)

    def _file(self, folder: str, parts: list[str]) -> str | None:
        stem = os.path.join(folder, *parts)
        if stem not in self._exists:
            candidates = (stem + ".py", os.path.join(stem, "__init__.py"))
            self._exists[stem] = next(
                (path for path in candidates if path in self.modules or os.path.isfile(path)), None
            )
        return self._exists[stem]


def _stem(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else name.rpartition(".")[0]


def _ancestors(folder: str) -> list[str]:
    """The folder and those above it, up to the root of its checkout (or eight of them)."""
    found = [folder]
    while len(found) < 8 and not os.path.exists(os.path.join(found[-1], ".git")):
        above = os.path.dirname(found[-1])
        if above == found[-1]:
            break
        found.append(above)
    return found
