"""The report for programs: version 1, described in docs/lint.md."""

from __future__ import annotations

import json
from typing import Any

from seedaug.lint.findings import RULES, Finding, Place, Report
from seedaug.lint.reports.excerpt import Excerpts

__all__ = ["VERSION", "as_json", "tool"]

VERSION = 1


def as_json(report: Report, excerpts: Excerpts) -> str:
    """One object: version, tool, files, findings, unread, warnings."""
    document = {
        "version": VERSION,
        "tool": tool(),
        "files": report.files,
        "findings": [_finding(finding, excerpts) for finding in report.findings],
        "unread": [{"path": each.path, "reason": each.reason} for each in report.unread],
        "warnings": list(report.warnings),
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def tool() -> dict[str, str]:
    """Name and version of the linter."""
    from seedaug import __version__

    return {"name": "seedaug-lint", "version": __version__}


def _finding(finding: Finding, excerpts: Excerpts) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": RULES[finding.code].name,
        "severity": finding.severity.value,
        "message": finding.message,
        **_place(finding.place, excerpts),
        "related": [
            {"message": remark, **_place(place, excerpts)} for place, remark in finding.related
        ],
        "fix": finding.fix.name if finding.fix else None,
    }


def _place(place: Place, excerpts: Excerpts) -> dict[str, Any]:
    cell = excerpts.cell(place)
    shift = place.line - cell[1] if cell else 0
    lines = {
        "path": place.path,
        "line": place.line - shift,
        "column": place.column,
        "end_line": place.end_line - shift,
        "end_column": place.end_column,
    }
    return {**lines, "cell": cell[0]} if cell else lines
