"""The contract of loaders (tests/frameworks/contract.py) under stand-ins for the frameworks."""

import copy
import dataclasses
import sys

import pytest
from frameworks.contract import LOUD, RIGHT, WRONG, Record, Resumed, join, judge
from frameworks.record import Killed, Log, read
from frameworks.task import BATCH, EPOCHS, MID, Task, position
from standins import accelerate_like, lightning_like
from standins.accelerate_like import AccelerateLike, trainer_epoch
from standins.timm_like import tell

import seedaug

COURSES = ("epoch_end", "last_step", "mid", "killed")


@pytest.fixture(autouse=True)
def _known_callers(monkeypatch):
    """seedaug knows accelerate and Lightning by their modules."""
    monkeypatch.setitem(sys.modules, "accelerate.data_loader", accelerate_like)
    monkeypatch.setitem(sys.modules, "lightning.pytorch.loops.fit_loop", lightning_like)


class Saves(dict):
    """A run's checkpoints by course: what the frameworks' callbacks decide."""

    def after(self, task, epoch, number, save):
        """The `number`-th batch of `epoch` was trained on."""
        last = number == -(-task.samples // (task.ranks * BATCH))
        if epoch == 0 and last:
            self["last_step"] = copy.deepcopy(save())
        if (epoch, number) == MID:
            self["mid"] = copy.deepcopy(save())
        self["killed"] = copy.deepcopy(save())


def by_hand(task, log, saves, saved):
    loader = task.loader(seedaug.DataLoader, task.dataset())
    if saved is not None:
        loader.load_state_dict(saved["loader"])

    def save():
        return {"epoch": epoch, "loader": loader.state_dict()}

    for epoch in range(0 if saved is None else saved["epoch"], EPOCHS):
        for number, batch in enumerate(loader, 1):
            log.step("train", epoch, batch)
            saves.after(task, epoch, number, save)
        if epoch == 0:
            saves["epoch_end"] = save()
    evaluate(task, log, task.held_out(seedaug.DataLoader, task.dataset()))


def lightning(task, log, saves, saved):
    like = lightning_like.LightningLike(log.rank, task.ranks)
    number = 0

    def step(epoch, batch, save):
        nonlocal number
        number += 1
        if batch is not None:
            log.step("train", epoch, batch)
            saves.after(task, epoch, number, save)
            return
        number = 0
        if epoch == 0:
            saves["epoch_end"] = copy.deepcopy(save())

    like.fit(task.loader(seedaug.DataLoader, task.dataset()), EPOCHS, step, saved)
    log.stage = "predict"
    held_out = task.held_out(seedaug.DataLoader, task.dataset())
    for batch in like.predict(held_out):
        log.step("predict", 0, batch)


def fabric(task, log, saves, saved):
    loader = lightning_like.FabricLike(
        task.loader(seedaug.DataLoader, task.dataset()), log.rank, task.ranks
    )
    for epoch in range(EPOCHS):
        for batch in loader:
            log.step("train", epoch, batch)
    held_out = task.held_out(seedaug.DataLoader, task.dataset())
    evaluate(task, log, lightning_like.FabricLike(held_out, log.rank, task.ranks))


def accelerate(task, log, saves, saved):
    loader = task.loader(seedaug.DataLoader, task.dataset())
    loader = AccelerateLike(loader, log.rank, task.ranks)
    first, done = saved or (0, 0)
    for epoch in range(first, EPOCHS):
        skip = done if epoch == first else 0
        active = loader.skip_first_batches(skip) if skip else loader
        active.set_epoch(epoch)
        for number, batch in enumerate(active, skip + 1):
            log.step("train", epoch, batch)
            saves.after(task, epoch, number, lambda: (epoch, number))  # noqa: B023
        if epoch == 0:
            saves["epoch_end"] = (epoch + 1, 0)
    held_out = task.held_out(seedaug.DataLoader, task.dataset())
    evaluate(task, log, AccelerateLike(held_out, log.rank, task.ranks))


def trainer(task, log, saves, saved, prepared=True):
    """Hugging Face's, given a loader."""
    whole = -(-task.samples // (task.ranks * BATCH))
    loader = task.loader(seedaug.DataLoader, task.dataset())
    if prepared:
        loader = AccelerateLike(loader, log.rank, task.ranks)
    first, done = saved or (0, 0)
    for epoch in range(first, EPOCHS):
        skip = done if epoch == first else 0
        for number, batch in enumerate(trainer_epoch(loader, epoch, skip), skip + 1):
            log.step("train", epoch, batch)
            # It counts steps: an epoch's last is the next one's start.
            saves.after(task, epoch, number, lambda: divmod(epoch * whole + number, whole))  # noqa: B023
        if epoch == 0:
            saves["epoch_end"] = (epoch + 1, 0)


def bare_trainer(task, log, saves, saved):
    trainer(task, log, saves, saved, prepared=False)


def timm(task, log, saves, saved):
    dataset = task.dataset()
    loader = task.loader(seedaug.DataLoader, dataset)
    for epoch in range(0 if saved is None else 1, EPOCHS):
        tell(loader, dataset, epoch, task.ranks > 1)
        for batch in loader:
            log.step("train", epoch, batch)
        saves["epoch_end"] = epoch
    evaluate(task, log, task.held_out(seedaug.DataLoader, task.dataset()))


def evaluate(task, log, loader):
    for number, stage in enumerate(("validate", "predict")):
        log.stage = stage
        for batch in loader:
            log.step(stage, number, batch)


def session(monkeypatch, framework, task, folder, saved=None, kill=False):
    """All ranks, one after another; returns their record and checkpoints."""
    folder.mkdir()
    records, saves = [], []
    for rank in range(task.ranks):
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setenv("WORLD_SIZE", str(task.ranks))
        log = Log(folder / f"{rank}.jsonl", rank, MID if kill else None, softly=True)
        saves.append(Saves())
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("warnings.showwarning", None)
            log.listen()
            try:
                framework(task, log, saves[-1], saved and saved[rank])
            except Killed:
                pass
            except Exception as error:
                log.write(what="error", stage=log.stage, text=f"{type(error).__name__}: {error}")
        records.append(read(folder / f"{rank}.jsonl", rank))
    return join(records), saves


def course_of(monkeypatch, framework, task, folder, course):
    """The verdict on a run that was taken up again from one of its checkpoints."""
    whole, saves = session(monkeypatch, framework, task, folder / "whole")
    if course == "killed":
        _, saves = session(monkeypatch, framework, task, folder / "dying", kill=True)
    saved = [each[course] for each in saves]
    record, _ = session(monkeypatch, framework, task, folder / course, saved)
    return judge(task.wanted(), whole, "train", Resumed(record, *position(course)))


FRAMEWORKS = (by_hand, lightning, fabric, accelerate, trainer, bare_trainer, timm)
TASKS = [
    Task(ranks, workers, persistent, order, splits=True)
    for ranks, workers, persistent, order in (
        (1, 0, False, "shuffle"),
        (2, 2, False, "shuffle"),
        (1, 2, True, "shuffle"),
        (2, 0, False, "rest"),
        (1, 0, False, "replacement"),
    )
]
OWN = [
    (framework, Task(1, 0, False, order))
    for framework in (by_hand, lightning, accelerate)
    for order in ("batches", "resetting")
]


def name(value):
    if isinstance(value, Task):
        return f"{value.ranks}-{value.workers}{'p' if value.persistent else 'w'}-{value.order}"
    return getattr(value, "__name__", str(value))


CASES = [(framework, task) for framework in FRAMEWORKS for task in TASKS] + OWN


@pytest.mark.parametrize(("framework", "task"), CASES, ids=name)
def test_whole_run(monkeypatch, tmp_path, framework, task):
    record, _ = session(monkeypatch, framework, task, tmp_path / "whole")
    stages = {step.stage for step in record.steps} | {stage for stage, _ in record.errors}
    assert stages >= {"train"}
    for stage in sorted(stages):
        assert judge(task.wanted(stage), record, stage) == (RIGHT, "")


RESUMED = [
    (framework, course)
    for framework in (by_hand, lightning, accelerate, trainer, bare_trainer, timm)
    for course in (COURSES if framework is not timm else COURSES[:1])
]


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize(("framework", "course"), RESUMED, ids=name)
def test_resumed_run(monkeypatch, tmp_path, framework, course, ranks):
    task = Task(ranks)
    assert course_of(monkeypatch, framework, task, tmp_path, course) == (RIGHT, "")


class TestJudge:
    """The definition itself: every kind of wrong is seen."""

    @pytest.fixture
    def run(self, monkeypatch, tmp_path):
        self.task = Task(2)
        record, _ = session(monkeypatch, by_hand, self.task, tmp_path / "whole")
        assert self.verdict(record) == (RIGHT, "")
        return record

    def verdict(self, record, stage="train"):
        return judge(self.task.wanted(stage), record, stage)

    @staticmethod
    def changed(record, place, **changes):
        steps = [*record.steps]
        steps[place] = dataclasses.replace(steps[place], **changes)
        return Record(steps, record.warnings, record.errors)

    def test_a_lost_batch(self, run):
        verdict, why = self.verdict(Record(run.steps[1:]))
        assert verdict == WRONG
        assert "20 samples were trained on, not 24" in why

    def test_half_of_the_data_on_each_rank(self, run):
        half = [step for step in run.steps if step.rank == 0]
        assert self.verdict(Record(half))[0] == WRONG

    def test_a_batch_twice(self, run):
        again = run.steps[1]
        verdict, why = self.verdict(
            self.changed(run, 0, keys=again.keys, labels=again.labels, sums=again.sums)
        )
        assert verdict == WRONG
        assert "never came" in why

    def test_an_epoch_drawn_as_another(self, run):
        keys = tuple((seed, 1, worker, index) for seed, _, worker, index in run.steps[0].keys)
        verdict, why = self.verdict(self.changed(run, 0, keys=keys))
        assert (verdict, why) == (WRONG, "epoch 0 drew as epochs [0, 1]")

    def test_bytes_of_another_key(self, run):
        verdict, why = self.verdict(self.changed(run, 0, sums=run.steps[1].sums))
        assert verdict == WRONG
        assert "bytes" in why

    def test_two_epochs_of_one_order(self, run):
        first = [step for step in run.of("train") if step.epoch == 0]
        copied = [
            dataclasses.replace(
                step,
                epoch=1,
                keys=tuple((key[0], 1, *key[2:]) for key in step.keys),
                sums=tuple(
                    self.task.wanted().checksum((key[0], 1, *key[2:]), label)
                    for key, label in zip(step.keys, step.labels, strict=True)
                ),
            )
            for step in first
        ]
        others = [step for step in run.steps if step.epoch != 1]
        assert self.verdict(Record(others + copied)) == (WRONG, "two epochs had one order")

    def test_wrong_with_a_warning_is_loud(self, run):
        assert self.verdict(Record(run.steps[1:], [("train", "seedaug: look")]))[0] == LOUD

    def test_right_with_a_warning_is_a_false_alarm(self, run):
        verdict, _ = self.verdict(Record(run.steps, [("train", "seedaug: look")]))
        assert verdict == "false alarm"

    def test_a_resumed_run_in_another_order(self, run):
        later = [step for step in run.of("train") if step.epoch > 0]
        assert judge(self.task.wanted(), run, "train", Resumed(Record(later), 1, 0))[0] == RIGHT
        swapped = [later[1], later[0], *later[2:]]
        verdict, why = judge(self.task.wanted(), run, "train", Resumed(Record(swapped), 1, 0))
        assert verdict == WRONG
        assert "batch 0 after the checkpoint" in why
