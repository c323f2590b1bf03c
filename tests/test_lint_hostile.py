"""The linter on code that nobody means to write: it ends, and says something of the rest."""

from pathlib import Path

from seedaug.lint.engine import analyse
from seedaug.lint.settings import Settings

DATASET = """
import numpy as np
from torch.utils.data import Dataset, DataLoader

class Noisy(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)
    def __getitem__(self, index):
        return {draw}

DataLoader(Noisy(), num_workers=2)
"""


def codes(folder: Path) -> list[str]:
    report = analyse(sorted(folder.glob("*.py")), Settings(jobs=1))
    return [finding.code for finding in report.findings]


def test_modules_that_star_import_each_other_are_followed_once(tmp_path: Path) -> None:
    names = [f"part{number}" for number in range(12)]  # each imports all others
    for name in names:
        text = "".join(f"from {other} import *\n" for other in names)
        (tmp_path / f"{name}.py").write_text(text)
    with (tmp_path / "part7.py").open("a") as file:
        file.write("import numpy as np\nrng = np.random.default_rng(0)\n")
    text = DATASET.format(draw="rng.normal() + nowhere.normal()")
    (tmp_path / "main.py").write_text("from part0 import *\n" + text)
    assert codes(tmp_path) == ["SDA101"]
