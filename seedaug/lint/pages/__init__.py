"""The rules' pages: what is wrong, wrong and right code, and what each version of torch does."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from seedaug.lint.findings import RULES

__all__ = ["page", "remedy"]

FOLDER = Path(__file__).parent


@cache
def page(code: str) -> str:
    """A rule's page, in Markdown."""
    return (FOLDER / f"{code}.md").read_text(encoding="utf-8")


@cache
def remedy(code: str) -> str:
    """A rule's remedy in a sentence: what its page says after **Instead:**."""
    match = re.search(r"^\*\*Instead:\*\* (.+?)\n\n", page(code), re.MULTILINE | re.DOTALL)
    return " ".join(match[1].split()) if match else RULES[code].summary
