"""Prints the requirements of an extra of pyproject.toml, one a line."""

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements(extra, text):
    listed = re.search(rf"^{extra} = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL).group(1)
    for name in re.findall(r'"([^"]+)"', listed):
        own = re.fullmatch(r"seedaug\[(.+)\]", name)
        if own:
            for part in own.group(1).split(","):
                yield from requirements(part, text)
        else:
            yield name


if __name__ == "__main__":
    print("\n".join(requirements(sys.argv[1], PROJECT.read_text())))
