"""Comments that silence findings: `# seedaug: ignore[SDA101]` and `# seedaug: ignore-file[…]`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from seedaug.lint.findings import Finding, Report
from seedaug.lint.settings import Settings, UsageError, codes, near
from seedaug.lint.sources import Source, SourceError, read_bytes, read_source, shown

__all__ = ["Comment", "comments", "silence"]

MARK = re.compile(r"#\s*seedaug:\s*(?P<what>[\w-]*)\s*(?P<codes>\[[^\]#]*\]?)?")
KINDS = ("ignore", "ignore-file")
BEFORE_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.STRING}


@dataclass
class Comment:
    """One such comment.

    Args:
        line: from 1.
        text: as it is written.
        codes: that it silences; None for all.
        whole_file: whether it goes for the file.
        wrong: what is wrong with it, a line for each.
        used: the codes of findings that it has silenced.
    """

    line: int
    text: str
    codes: frozenset[str] | None = None
    whole_file: bool = False
    wrong: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def covers(self, finding: Finding) -> bool:
        """Whether it silences this finding of its file."""
        if self.codes is not None and finding.code not in self.codes:
            return False
        return self.whole_file or finding.place.line <= self.line <= finding.place.end_line

    def unused(self, settings: Settings, path: Path) -> list[str]:
        """The parts of it that have silenced nothing, of rules that are on."""
        if self.wrong:
            return []
        if self.codes is None:
            return [] if self.used else [self.text]
        return sorted(c for c in self.codes - self.used if settings.wants(c, path))


def comments(text: str) -> list[Comment]:
    """The comments to the linter in a file's text; not what looks like one in a string."""
    found = []
    begun = False  # whether a statement other than a docstring has been seen
    for token in _tokens(text):
        begun = begun or token.type not in BEFORE_CODE
        match = MARK.search(token.string) if token.type == tokenize.COMMENT else None
        if match and near(
            match["what"], KINDS
        ):  # other remarks about seedaug are nobody's business
            found.append(_comment(match, token.start[0], begun))
    return found


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _comment(match: re.Match[str], line: int, begun: bool) -> Comment:
    what, listed = match["what"], match["codes"]
    comment = Comment(line, match[0].strip(), whole_file=what == "ignore-file")
    if what not in KINDS:
        comment.wrong.append("there are only `ignore` and `ignore-file`")
    elif comment.whole_file and begun:
        comment.wrong.append("it goes above the first statement")
    elif listed is not None and not listed.endswith("]"):
        comment.wrong.append("the closing bracket is missing")
    elif listed is not None:
        comment.codes = frozenset(_listed(listed[1:-1], comment.wrong))
    if comment.wrong and comment.codes is None:
        comment.codes = frozenset()
    return comment


def _listed(text: str, wrong: list[str]) -> Iterator[str]:
    for name in text.split(","):
        try:
            yield from codes([name.strip()])
        except UsageError as error:
            wrong.append(str(error))


def silence(
    report: Report, paths: Iterable[Path], settings: Settings, show_unused: bool = False
) -> Report:
    """The report without the findings that settings and comments silence.

    Args:
        report: with the findings of a run.
        paths: of all its files; comments that have something wrong with them become warnings.
        settings: findings of rules that are off, at all or in their file, go.
        show_unused: comments that silence nothing become warnings too.
    """
    kept = {(f.place, f.code, f.message): f for f in report.findings}
    by_path: dict[str, list[Finding]] = {}
    for _, finding in sorted(kept.items()):
        if settings.wants(finding.code, Path(finding.place.path)):
            by_path.setdefault(finding.place.path, []).append(finding)
    warnings = list(report.warnings)
    for path in paths:
        source = _commented(path)
        if source is None:
            continue
        own = comments(source.text)
        here = by_path.get(shown(path), [])
        by_path[shown(path)] = [f for f in here if not _silenced(f, own)]
        for comment in own:
            said = [f"{comment.text}: {wrong}" for wrong in comment.wrong]
            if show_unused:
                said += [f"it silences nothing: {each}" for each in comment.unused(settings, path)]
            warnings += [f"{_where(source, comment.line)}: {each}" for each in said]
    findings = tuple(finding for path in sorted(by_path) for finding in by_path[path])
    return replace(report, findings=findings, warnings=tuple(warnings))


def _silenced(finding: Finding, own: list[Comment]) -> bool:
    covering = [comment for comment in own if comment.covers(finding)]
    for comment in covering:
        comment.used.add(finding.code)
    return bool(covering)


def _commented(path: Path) -> Source | None:
    """The file, if there may be a comment of ours in it and it can be read."""
    try:
        return read_source(path) if b"seedaug:" in read_bytes(path) else None
    except (SourceError, OSError):
        return None


def _where(source: Source, line: int) -> str:
    cell = source.cell_of(line)
    at = f"cell {cell[0]}:{cell[1]}" if cell else str(line)
    return f"{shown(source.path)}:{at}"
