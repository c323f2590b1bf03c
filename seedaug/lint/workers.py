"""Everything that runs where samples are made: what roots reach, in sight or not."""

from __future__ import annotations

from functools import cached_property

from seedaug.lint.infer import Inference
from seedaug.lint.inits import InitFunctions
from seedaug.lint.kinds import Kinds, takes_sample
from seedaug.lint.known import (
    AUGMENT_FILE,
    AUGMENT_FUNCTION,
    AUGMENT_PATH,
    NOT_A_DATASET,
    NOT_A_TRANSFORM,
    TELLING_FUNCTION,
    TRANSFORM_NAME,
)
from seedaug.lint.project import FunctionKey, Project
from seedaug.lint.reach import Reached, reach
from seedaug.lint.roots import Roots
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
        self.kinds = Kinds(inference)
        roots = Roots(inference, self.kinds)
        self.first = inference
        self.reached: dict[FunctionKey, Reached] = reach(inference, dict.fromkeys(roots.all()))
        orphans = [key for key, _ in project.functions() if self._is_orphan(key)]
        for key, how in reach(inference, orphans, frozenset(self.reached)).items():
            self.reached[key] = how
        self.inits = InitFunctions(inference)
        # From here on, only calls from worker code say what its functions are given.
        self.inference = Inference(
            project,
            lambda key: key in self.reached or key in self.inits,
            inference.call_sites.indirect,
        )

    def __contains__(self, key: FunctionKey) -> bool:
        return key in self.reached

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
        return self._only_called_by_orphans(key, {key})

    def _is_left_alone(self, key: FunctionKey) -> bool:
        """Whether others import from the file, but nobody this function."""
        imported = self._imported.get(key[0])
        return imported is not None and self.project.function(key).name not in imported

    @cached_property
    def _imported(self) -> dict[str, set[str]]:
        """The names that are imported from each file; none from one that is imported whole."""
        found: dict[str, set[str]] = {}
        whole: set[str] = set()
        for (importer, _), function in self.project.functions():
            assigned = [one.value for names in function.names.values() for one in names]
            for one in [*assigned, *function.star_imports]:
                if not isinstance(one, Import):
                    continue
                path = self.project.find(importer, one)
                if one.name in (None, "*"):
                    whole.add(path or "")
                elif path is not None and path != importer:
                    found.setdefault(path, set()).add(one.name)
                inner = f"{one.module}.{one.name}" if one.module else f"{one.name}"
                whole.add(self.project.find(importer, Import(inner, None, one.level)) or "")
        return {path: names for path, names in found.items() if path not in whole}

    def _augments(self, key: FunctionKey) -> bool:
        function = self.project.function(key)
        if function.qualname == MODULE or not self.kinds.counts(key[0]):
            return False
        path = "/".join(key[0].split("/")[-2:])
        if not AUGMENT_FUNCTION.search(function.name) and not AUGMENT_FILE.search(path):
            return False
        if not takes_sample(function) and not TELLING_FUNCTION.match(function.name):
            return False
        if function.owner is not None:
            name = function.owner
            bases = self.first.classes.foreign_bases((key[0], name))
            if any(NOT_A_DATASET.search(base) for base in bases):
                return False
            return bool(TRANSFORM_NAME.search(name)) and not NOT_A_TRANSFORM.search(name)
        return bool(AUGMENT_PATH.search(path))

    def _only_called_by_orphans(self, key: FunctionKey, seen: set[FunctionKey]) -> bool:
        callers = self._callers(key)
        if not callers and self._is_left_alone(key):
            return False
        for caller in callers:
            if caller in seen:
                continue
            seen.add(caller)
            if caller not in self.reached and not (
                self._augments(caller) and self._only_called_by_orphans(caller, seen)
            ):
                return False
        return True

    def _callers(self, key: FunctionKey) -> list[FunctionKey]:
        return [site.scope for site, _ in self.first.call_sites.of(key)]
