"""What the linter says: rules, and findings at places in files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["RULES", "Finding", "Fix", "Place", "Report", "Rule", "Severity", "Unread"]


class Severity(Enum):
    """How much a finding weighs: by what happens, not by how sure the linter is."""

    ERROR = "error"  # draws repeat, whatever the version of torch
    WARNING = "warning"  # draws depend on the number of workers, or repeat with torch < 1.9 only


@dataclass(frozen=True)
class Rule:
    """One thing that goes wrong. Its page is `pages/<code>.md`.

    Args:
        code: as users write it in `# seedaug: ignore[CODE]`.
        name: the same in words, with dashes.
        severity: of its findings, on torch 1.9 and newer.
        summary: one sentence, for lists of rules.
        default: whether it is on where nothing is selected.
    """

    code: str
    name: str
    severity: Severity
    summary: str
    default: bool = True


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule(
            "SDA101",
            "held-generator",
            Severity.ERROR,
            "a generator that was made before the workers is drawn from in them: each has a copy",
        ),
        Rule(
            "SDA102",
            "global-numpy",
            Severity.WARNING,
            "NumPy's global generator is drawn from in workers: draws depend on their number",
        ),
        Rule(
            "SDA103",
            "threads-share-generator",
            Severity.WARNING,
            "threads that a worker starts draw from one generator: their timing decides",
        ),
        Rule(
            "SDA104",
            "numba-generator",
            Severity.WARNING,
            "compiled code draws from numba's generator, which neither torch nor NumPy seeds",
        ),
        Rule(
            "SDA105",
            "library-generator",
            Severity.ERROR,
            "a library's own generator, which torch does not seed, is drawn from in workers",
        ),
        Rule(
            "SDA111",
            "global-random",
            Severity.WARNING,
            "the global generator of `random` or torch is drawn from in workers: draws depend on "
            "their number",
            default=False,
        ),
        Rule(
            "SDA201",
            "constant-seed",
            Severity.ERROR,
            "a fixed seed is set where samples are made: all samples get the same draws",
        ),
        Rule(
            "SDA202",
            "index-seed",
            Severity.ERROR,
            "the seed of a sample follows from its index alone: every epoch repeats its draws",
        ),
        Rule(
            "SDA301",
            "init-constant",
            Severity.ERROR,
            "worker_init_fn gives every worker the same seed",
        ),
        Rule(
            "SDA302",
            "init-no-epoch",
            Severity.ERROR,
            "worker_init_fn seeds by the worker's number alone: every epoch repeats",
        ),
        Rule(
            "SDA303",
            "init-state-word",
            Severity.ERROR,
            "worker_init_fn seeds by a word of NumPy's state that is a constant since torch 1.9",
        ),
        Rule(
            "SDA304",
            "init-same-ranks",
            Severity.ERROR,
            "worker_init_fn gives the workers of every rank the same seeds",
        ),
        Rule(
            "SDA305",
            "init-without-effect",
            Severity.WARNING,
            "worker_init_fn is not passed on, or seeds a generator that nothing draws from",
        ),
        Rule(
            "SDA401",
            "no-set-epoch",
            Severity.ERROR,
            "set_epoch of a DistributedSampler is never called: every epoch has the same order",
        ),
        Rule(
            "SDA402",
            "ranks-share-seed",
            Severity.ERROR,
            "every rank gets the same seed, so that their samples get the same draws",
        ),
    )
}


@dataclass(frozen=True, order=True)
class Place:
    """A piece of a file: lines from 1, columns from 1, the end exclusive.

    Args:
        path: as it is shown, relative to where the linter was started if it lies under there.
        line, column, end_line, end_column: in characters. In a notebook, lines of its code cells
            one after another (`Source.cell_of` gives the cell and the line in it).
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Fix:
    """A remedy that `--fix` can carry out.

    Args:
        name: "torch-seed": the first argument of the seeding call at the finding's place becomes
            `torch.initial_seed() % 2**32`. "set-epoch": `sampler.set_epoch(epoch)` becomes the
            first statement of the loop at `place`.
        place: of the statement `for epoch in …:` ("set-epoch" only), in the finding's file.
        sampler: the sampler as an expression that can be evaluated in that loop.
        epoch: the loop's variable.
    """

    name: str
    place: Place | None = None
    sampler: str = ""
    epoch: str = ""


@dataclass(frozen=True)
class Finding:
    """One rule broken at one place.

    Args:
        place: the draw, the seeding, or the loader.
        code: of the rule.
        severity: of this finding; a warning may be an error where an old torch is targeted.
        message: one line: what is drawn from what, and in which function.
        related: other places with a remark, such as where the generator was made and by which
            way a worker gets to the draw.
        fix: a remedy that `--fix` can carry out, if there is one.
    """

    place: Place
    code: str
    severity: Severity
    message: str
    related: tuple[tuple[Place, str], ...] = field(default=())
    fix: Fix | None = None


@dataclass(frozen=True)
class Unread:
    """A file that could not be read or parsed, and why, in one line."""

    path: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What a run found.

    Args:
        findings: in the order of files and lines.
        unread: files and folders that were not read, or not wholly.
        files: how many files were read.
        warnings: what is wrong with comments and the like, a line for each.
    """

    findings: tuple[Finding, ...] = ()
    unread: tuple[Unread, ...] = ()
    files: int = 0
    warnings: tuple[str, ...] = ()
