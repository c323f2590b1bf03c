"""What all rules look at: the project, what workers run, where seeds come from."""

from __future__ import annotations

from functools import cached_property

from seedaug.lint.draws import Draw, draws_in
from seedaug.lint.findings import RULES, Finding, Fix, Place
from seedaug.lint.project import FunctionKey, Project
from seedaug.lint.seeding import Seeding, seed_parameter, seedings_in
from seedaug.lint.seeds import Seeds
from seedaug.lint.syntax import MODULE, Call, Name, Span
from seedaug.lint.workers import Workers

__all__ = ["Context"]


class Context:
    """A project, with what rules ask of it.

    Args:
        project: the files.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.workers = Workers(project)
        self.inference = self.workers.inference
        roots = frozenset(key for key, how in self.workers.reached.items() if how.by is None)
        self._own_seedings: dict[FunctionKey, list[Seeding]] = {}
        self.seeds = Seeds(self.inference, roots, self.workers.inits)

    @cached_property
    def draws(self) -> dict[FunctionKey, list[Draw]]:
        """The draws of every function that workers run."""
        return {key: list(draws_in(self.inference, key)) for key in self.workers.reached}

    @cached_property
    def seedings(self) -> dict[FunctionKey, list[Seeding]]:
        """The seedings of every function that workers run, their init functions apart.

        A function that only passes its argument on is left out: its calls are there.
        """
        return {
            key: self.own_seedings(key)
            for key in self.workers.reached
            if key not in self.workers.inits
        }

    @cached_property
    def all_seedings(self) -> dict[FunctionKey, list[Seeding]]:
        """The same, with functions that only pass their argument on."""
        return {key: list(seedings_in(self.inference, key)) for key in self.workers.reached}

    def own_seedings(self, key: FunctionKey) -> list[Seeding]:
        """The seedings in a function whose seed it does not just get from its caller."""
        if key not in self._own_seedings:
            self._own_seedings[key] = self._find_own_seedings(key)
        return self._own_seedings[key]

    def _find_own_seedings(self, key: FunctionKey) -> list[Seeding]:
        found = list(seedings_in(self.inference, key))
        how = self.workers.reached.get(key)
        is_root = (how is not None and how.by is None) or key in self.workers.inits.passed
        passed_on = None if is_root else seed_parameter(self.inference, key)
        if passed_on is None or not self._is_given(key, passed_on.name):
            return found
        return [
            one
            for one in found
            if not (isinstance(one.seed, Name) and one.seed.id == passed_on.name)
        ]

    def _is_given(self, key: FunctionKey, name: str) -> bool:
        """Whether calls in sight give a function this parameter."""
        function = self.project.function(key)
        parameter = next(one for one in function.parameters if one.name == name)
        return bool(self.workers.first.call_sites.given(key, parameter))

    def name(self, key: FunctionKey) -> str:
        """A function as messages call it."""
        return "the module's body" if key[1] == MODULE else key[1].replace(".<lambda>", ".lambda")

    def place(self, path: str, span: Span) -> Place:
        """A span of a file as a place; columns are converted later, with the file's text."""
        return Place(path, *span)

    def finding(
        self,
        code: str,
        key: FunctionKey,
        call: Call,
        message: str,
        related: tuple[tuple[Place, str], ...] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding at a call."""
        place = self.place(key[0], call.span)
        return Finding(place, code, RULES[code].severity, message, related, fix)

    def way(self, key: FunctionKey) -> str:
        """By which way workers get to a function, in words."""
        names = [self.name(one) for one in self.workers.way(key)]
        if len(names) == 1:
            return names[0]
        return f"{names[-1]} (from {' > '.join(names[:-1][-3:])})"
