"""Everything that runs where samples are made: what roots reach, and what looks as if some root out of sight did."""

from __future__ import annotations

from seedaug.lint.infer import Inference
from seedaug.lint.known import AUGMENT_FUNCTION, AUGMENT_PATH, NOT_A_TRANSFORM, TRANSFORM_NAME
from seedaug.lint.project import FunctionKey, Project
from collections.abc import Iterator
from functools import cached_property

from seedaug.lint.inits import InitFunctions
from seedaug.lint.reach import Reached, edges, reach
from seedaug.lint.roots import Roots, takes_sample
from seedaug.lint.syntax import MODULE, Import

__all__ = ["Workers"]


class Workers:
    """The functions of a project that workers run.

    Args:
        project: the files.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        inference = Inference(project)
        self.roots = Roots(inference)
        self.first = inference
        self.reached: dict[FunctionKey, Reached] = reach(
            inference, dict.fromkeys(self.roots.all())
        )
        orphans = [key for key, _ in project.functions() if self._is_orphan(key)]
        for key, how in reach(inference, orphans, frozenset(self.reached)).items():
            self.reached[key] = how
        self.inits = InitFunctions(inference)
        # From here on, only calls from worker code say what its functions are given.
        self.inference = Inference(
            project, lambda key: key in self.reached or key in self.inits, inference.indirect
        )
        self._edges: dict[FunctionKey, list[FunctionKey]] = {}

    def __contains__(self, key: FunctionKey) -> bool:
        return key in self.reached

    def calls(self, key: FunctionKey) -> list[FunctionKey]:
        """The functions that a function calls."""
        if key not in self._edges:
            self._edges[key] = [target for target, _ in edges(self.first, key)]
        return self._edges[key]

    def way(self, key: FunctionKey) -> list[FunctionKey]:
        """The functions from a root to this one."""
        found = [key]
        by = self.reached[key].by
        while by is not None and by not in found:
            found.append(by)
            by = self.reached[by].by
        return found[::-1]

    def _is_orphan(self, key: FunctionKey) -> bool:
        """A function that augments a sample and that nothing in sight calls, or only such ones."""
        if key in self.reached or not self._augments(key):
            return False
        if not self._callers(key) and key[0] in self._imported:
            return False  # whoever imports the file leaves this function alone
        return self._only_called_by_orphans(key, {key})

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The files that others in the project import."""
        found: set[str] = set()
        for (path, _), function in self.project.functions():
            for assigned in function.names.values():
                for one in assigned:
                    if isinstance(one.value, Import):
                        found.update(self._paths(path, one.value))
            for star in function.star_imports:
                found.update(self._paths(path, star))
        return frozenset(found)

    def _paths(self, importer: str, found: Import) -> Iterator[str]:
        path = self.project.find(importer, found)
        if path is not None and path != importer:
            yield path
        if found.name is not None:
            inner = f"{found.module}.{found.name}" if found.module else found.name
            below = self.project.find(importer, Import(inner, None, found.level))
            if below is not None and below != importer:
                yield below

    def _augments(self, key: FunctionKey) -> bool:
        function = self.project.function(key)
        if function.qualname == MODULE or not self.roots.counts(key[0]):
            return False
        if not takes_sample(function) or not AUGMENT_FUNCTION.search(function.name):
            return False
        if function.owner is not None:
            name = function.owner
            return bool(TRANSFORM_NAME.search(name)) and not NOT_A_TRANSFORM.search(name)
        return bool(AUGMENT_PATH.search("/".join(key[0].split("/")[-2:])))

    def _only_called_by_orphans(self, key: FunctionKey, seen: set[FunctionKey]) -> bool:
        for caller in self._callers(key):
            if caller in seen:
                continue
            seen.add(caller)
            if caller not in self.reached and not (
                self._augments(caller) and self._only_called_by_orphans(caller, seen)
            ):
                return False
        return True

    def _callers(self, key: FunctionKey) -> list[FunctionKey]:
        return [site.scope for site, _ in self.first.sites(key)]
