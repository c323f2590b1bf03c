"""Verdicts and findings: what is said of a loader, how much it weighs, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["CheckError", "Finding", "Severity", "UnhealthyLoaderError", "Verdict"]


class CheckError(RuntimeError):
    """The loader can't be looked at: its dataset raises, a worker dies or hangs, it is empty."""


class UnhealthyLoaderError(AssertionError):
    """`assert_healthy` found something."""


class Severity(Enum):
    """How much a finding weighs."""

    ERROR = "error"  # training sees the same draws (or samples) again
    WARNING = "warning"  # draws depend on what they shouldn't


class Verdict(Enum):
    """What can be said of a loader. The last six are findings, and several can hold at once."""

    DETERMINISTIC = "deterministic"
    HEALTHY = "healthy"
    REPEATS_ACROSS_SAMPLES = "repeats-across-samples"
    REPEATS_ACROSS_WORKERS = "repeats-across-workers"
    REPEATS_ACROSS_EPOCHS = "repeats-across-epochs"
    DUPLICATED = "duplicated"
    REPEATS_ACROSS_RANKS = "repeats-across-ranks"
    DEPENDS_ON_WORKERS = "depends-on-workers"
    NOT_RESUMABLE = "not-resumable"

    @property
    def severity(self) -> Severity | None:
        """What it weighs; None if it is no finding."""
        if self in (Verdict.DETERMINISTIC, Verdict.HEALTHY):
            return None
        milder = Verdict.REPEATS_ACROSS_RANKS, Verdict.DEPENDS_ON_WORKERS, Verdict.NOT_RESUMABLE
        return Severity.WARNING if self in milder else Severity.ERROR

    @property
    def words(self) -> str:
        """The verdict as a sentence."""
        return _WORDS[self]


_WORDS = {
    Verdict.DETERMINISTIC: "Deterministic: nothing random in the samples.",
    Verdict.HEALTHY: "Healthy: random draws, and none repeats.",
    Verdict.REPEATS_ACROSS_SAMPLES: "Every sample gets the same random draws.",
    Verdict.REPEATS_ACROSS_WORKERS: "Workers repeat each other's random draws.",
    Verdict.REPEATS_ACROSS_EPOCHS: "Every epoch repeats the same random draws.",
    Verdict.DUPLICATED: "Every worker yields the same samples.",
    Verdict.REPEATS_ACROSS_RANKS: "Ranks that are seeded alike repeat each other's random draws.",
    Verdict.DEPENDS_ON_WORKERS: "The random draws depend on how the data is loaded.",
    Verdict.NOT_RESUMABLE: "The run can't be resumed: its random draws come out otherwise.",
}


@dataclass(frozen=True)
class Finding:
    """One verdict that is a finding.

    Args:
        verdict: which.
        evidence: sentences, with figures.
        culprits: generators by the way to them, and the lines that draw from them.
        remedy: two lines.
    """

    verdict: Verdict
    evidence: tuple[str, ...]
    culprits: tuple[str, ...]
    remedy: tuple[str, str]

    @property
    def severity(self) -> Severity:
        """What it weighs."""
        severity = self.verdict.severity
        assert severity is not None
        return severity

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "verdict": self.verdict.value,
            "severity": self.severity.value,
            "says": self.verdict.words,
            "evidence": [*self.evidence],
            "culprits": [*self.culprits],
            "remedy": [*self.remedy],
        }
