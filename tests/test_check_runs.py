"""The runs of a check: scripts, start methods, budgets, and what each compares."""

import check_fixtures as known
import pytest
from check_fixtures import loader

import seedaug
from seedaug.check import Verdict, scenarios
from seedaug.check.passes import Plan, asked
from seedaug.check.records import Phase

PROBING = Plan(workers=2, epochs=(0, 1, 2), batches=6, size=2, natural=False)


def outcomes(report):
    return {scenario.name: scenario.outcome for scenario in report.scenarios}


def test_aligned_asks_are_the_same_of_all_workers_and_epochs():
    asks = {epoch: asked(PROBING, epoch, 12) for epoch in PROBING.epochs}
    for phase in (Phase.ALIGNED, Phase.AGAIN):
        keys = {
            tuple(a.key for a in asks[e] if a.worker == w and a.phase is phase)
            for e in asks
            for w in range(2)
        }
        assert keys == {tuple((2 * i, 2 * i + 1) for i in range(6))}


def test_shifted_asks_differ_between_workers_and_epochs():
    asks = {epoch: asked(PROBING, epoch, 12) for epoch in PROBING.epochs}
    for position in range(1, 18, 3):
        keys = [a.key for e in asks for a in asks[e] if a.position == position]
        assert len(keys) == len(set(keys)) == 6


def test_asks_go_to_workers_in_turn():
    """As a DataLoader deals them out."""
    asks = asked(PROBING, 0, 12)
    assert [ask.worker for ask in asks] == [0, 1] * 18
    natural = asked(Plan(workers=3, epochs=(0,), batches=9, size=2, skip=2), 0, 12)
    assert [(a.worker, a.position) for a in natural] == [(0, 0), (1, 0), (2, 0), (0, 1)]
    assert natural[0].key == (4, 5)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_the_loaders_own_start_method(method):
    given = loader(known.HeldGenerator(), multiprocessing_context=method)
    report = seedaug.check_loader(given, seconds=90, epochs=2, max_samples=200)
    assert report.verdict is Verdict.REPEATS_ACROSS_WORKERS
    assert outcomes(report)["start method"] == "the same draws"


def test_another_start_method_makes_no_difference_to_keyed_samples():
    report = seedaug.check_loader(known.make_healthy(), seconds=90)
    assert report.verdicts == (Verdict.HEALTHY,)
    assert outcomes(report)["start method"] == "the same draws"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda: loader(known.Rows(), collate_fn=lambda batch: batch), "it can't be pickled"),
        (lambda: loader(known.Rows(), worker_init_fn=lambda worker: None), "it can't be pickled"),
    ],
)
def test_what_cannot_be_spawned_is_said(made, text):
    report = seedaug.check_loader(made(), max_samples=200)
    assert text in outcomes(report)["start method"]
    assert report.verdicts == (Verdict.DETERMINISTIC,)


def test_a_program_s_own_classes_are_not_spawned(monkeypatch):
    """That would run the program again."""
    monkeypatch.setattr(known.Rows, "__module__", "__main__")
    import __main__

    monkeypatch.setattr(__main__, "Rows", known.Rows, raising=False)
    report = seedaug.check_loader(loader(known.Rows()), max_samples=200)
    assert "defined in the program itself" in outcomes(report)["start method"]


def test_the_budget_of_samples(monkeypatch):
    monkeypatch.setattr(scenarios, "_SPAWN_SECONDS", 1e9)
    few = seedaug.check_loader(loader(known.HeldGenerator()), max_samples=50)
    assert few.verdict is Verdict.REPEATS_ACROSS_WORKERS
    assert "38 samples" in few.looked_at
    many = seedaug.check_loader(loader(known.HeldGenerator()), max_samples=50, workers=4, epochs=4)
    assert "max_samples is reached" in " ".join(many.notes)


def test_each_scenario_is_a_line(monkeypatch):
    monkeypatch.setattr(scenarios, "_SPAWN_SECONDS", 1e9)
    report = seedaug.check_loader(loader(known.GlobalNumpy()), max_samples=400)
    assert [s.name for s in report.scenarios] == [
        "again", "workers", "workers", "batch size", "resumed", "resumed", "persistent workers",
        "start method",
    ]  # fmt: skip
    again, none, three = report.scenarios[:3]
    assert (again.outcome, again.differing) == ("the same draws", 0)
    assert none.differing == none.compared > 0
    assert 0 < three.differing < three.compared
