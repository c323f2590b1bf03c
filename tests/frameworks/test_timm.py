"""timm: the page's script, on one rank and on two, with timm's own loader."""

import re
import warnings
from pathlib import Path

import pytest
import torch
from torch.utils.data import TensorDataset

import seedaug

pytest.importorskip("timm")
from tests.frameworks.ranks import launch
from tests.frameworks.test_accelerate import batches, expected

ROOT = Path(__file__).parents[2]
SCRIPT = re.search(r"```python\n(.*?)```", (ROOT / "docs/with-timm.md").read_text(), re.DOTALL)[1]


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("follows", [True, False])
def test_the_page(tmp_path, ranks, follows):
    script = tmp_path / "train.py"
    assert len(SCRIPT.splitlines()) < 60
    text = SCRIPT if follows else SCRIPT.replace("    timm.follow(loader)\n", "")
    script.write_text(text)
    outputs = launch(script, ranks=ranks)
    orders = []
    for epoch in range(3):
        ranked = [[p for at, b in batches(out) if at == epoch for p in b] for out, _ in outputs]
        seen = [pair for rank in ranked for pair in rank]
        assert sorted(index for index, _ in seen) == [*range(40)]
        assert all(value == expected(epoch)[index] for index, value in seen)
        orders.append([index for index, _ in seen])
    stays = orders[0] == orders[1]
    warned = any("in the same shuffled order" in errors for _, errors in outputs)
    assert stays == warned == (ranks == 2 and not follows)


def test_a_loader_for_many_epochs_is_warned_of():
    from timm.data.loader import MultiEpochsDataLoader

    data = seedaug.SeededDataset(TensorDataset(torch.arange(24)), 0)

    def fail(worker):
        warnings.simplefilter("error", seedaug.RepeatedEpochWarning)

    loader = MultiEpochsDataLoader(data, 4, num_workers=2, worker_init_fn=fail)
    with pytest.raises(seedaug.RepeatedEpochWarning, match="repeats its sampler without end"):
        list(loader)
