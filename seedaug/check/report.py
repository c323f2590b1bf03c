"""The report of a check: verdicts, what they rest on, and how it is shown."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedaug.check.grid import Grid, grid
from seedaug.check.heatmap import write_heatmap
from seedaug.check.judge import Judgement, describe
from seedaug.check.outcome import Scenario
from seedaug.check.page import page
from seedaug.check.scenarios import Seen, Subject
from seedaug.check.text import summary, text
from seedaug.check.verdict import Finding, Severity, Verdict

__all__ = ["Report"]

_WIDTH = 98


@dataclass(frozen=True, repr=False)
class Report:
    """What `seedaug.check_loader` found; `print` shows it as a table, a notebook in a few lines.

    Args:
        findings: the worst first; empty if the loader is deterministic or healthy.
        random: whether anything random was seen.
        scenarios: the runs that were compared.
        generators: those that samples drew from.
        grid: which draws repeat which.
        notes: remarks.
        looked_at: what was run, in words.
        seconds: how long it took.
    """

    findings: tuple[Finding, ...]
    random: bool
    scenarios: tuple[Scenario, ...]
    generators: tuple[str, ...]
    grid: Grid
    notes: tuple[str, ...]
    looked_at: str
    seconds: float

    @classmethod
    def of(cls, subject: Subject, seen: Seen, judged: Judgement, seconds: float) -> Report:
        """Put together what was seen and what is said of it."""
        loader: Any = subject.loader
        samples = sum(len(event.record.samples) for event in seen.probing.events)
        looked_at = (
            f"{type(loader).__name__} of {type(loader.dataset).__name__}: "
            f"{subject.workers} workers, {subject.epochs} epochs, {samples} samples; "
            f"{len(seen.scenarios)} more runs"
        )
        return cls(
            tuple(judged.findings),
            judged.random,
            tuple(seen.scenarios),
            tuple(describe(source) for source in judged.sources),
            grid(subject, seen, judged),
            tuple(judged.notes),
            looked_at,
            seconds,
        )

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All that hold: one of deterministic and healthy, or the findings' verdicts."""
        if self.findings:
            return tuple(dict.fromkeys(finding.verdict for finding in self.findings))
        return (Verdict.HEALTHY if self.random else Verdict.DETERMINISTIC,)

    @property
    def verdict(self) -> Verdict:
        """The worst."""
        return self.verdicts[0]

    @property
    def healthy(self) -> bool:
        """Whether no finding is an error: nothing repeats."""
        return self.passes()

    def passes(self, strict: bool = False, allow: Collection[Verdict] = ()) -> bool:
        """Whether nothing was found that fails.

        Args:
            strict: warnings fail, too.
            allow: verdicts that don't.
        """
        return not any(
            (strict or finding.severity is Severity.ERROR) and finding.verdict not in allow
            for finding in self.findings
        )

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` writes."""
        return {
            "verdicts": [verdict.value for verdict in self.verdicts],
            "healthy": self.healthy,
            "random": self.random,
            "looked_at": self.looked_at,
            "seconds": round(self.seconds, 2),
            "findings": [finding.to_dict() for finding in self.findings],
            "generators": [*self.generators],
            "runs": [scenario.to_dict() for scenario in self.scenarios],
            "draws": self.grid.to_dict(),
            "notes": [*self.notes],
        }

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.to_dict(), indent=2)

    def write_html(self, path: str | Path) -> None:
        """Write one HTML file that needs no other: the heat map, the findings, the runs."""
        Path(path).write_text(page(self), encoding="utf-8")

    def write_png(self, path: str | Path) -> None:
        """Write the heat map as a PNG. Needs Pillow (the extra "tools").

        Raises:
            ImportError: Pillow is missing.
        """
        write_heatmap(self, Path(path))

    def __repr__(self) -> str:
        return summary(self, _WIDTH)

    def __str__(self) -> str:
        return text(self, _WIDTH)
