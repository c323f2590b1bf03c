"""The sample context: nesting, threads, occurrences and the error without a key."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

import seedaug
from seedaug.context import Sample, current, sample
from seedaug.key import Key


def test_contexts_nest_and_end():
    outer, inner = Key(seed=1), Key(seed=2, epoch=3)
    with sample(outer):
        with sample(inner.tensor()) as within:
            assert current() is within
            assert current().key == inner
        assert current().key == outer
    with pytest.raises(seedaug.NoKeyError):
        current()


def test_context_ends_after_an_exception():
    with pytest.raises(ZeroDivisionError), sample(Key()):
        raise ZeroDivisionError
    with pytest.raises(RuntimeError, match=r"no key within reach: wrap the dataset in .* keys="):
        current()


def test_occurrences_count_by_kind():
    made = Sample((0, 0, 0))
    assert [made.take(96, "A"), made.take(97, "B"), made.take(96, "A")] == [0, 0, 1]
    assert Sample((0, 0, 0), stage=1).take(96, "A") == 16


def test_the_seventeenth_use_is_an_error():
    with sample(Key(index=4), stage=1) as made:
        assert [made.take(96, "Mine") for _ in range(16)] == [*range(16, 32)]
        with pytest.raises(
            RuntimeError, match=r"Mine was used more than 16 times .*index=4.*stage 1"
        ):
            made.take(96, "Mine")


def test_each_entry_counts_anew():
    for _ in range(2):
        with sample(Key()) as made:
            assert made.take(96, "A") == 0


def test_bad_stage():
    with pytest.raises(ValueError, match=r"stage must be 0 \(dataset\) or 1 \(batch\), got 2"):
        sample(Key(), stage=2).__enter__()


@pytest.mark.parametrize("key", [None, 5])
def test_a_key_that_is_none(key):
    with pytest.raises(TypeError, match=f"key must be a seedaug.Key or a packed key .*, got {key}"):
        sample(key).__enter__()


def test_threads_and_tasks_have_their_own():
    def in_thread(index):
        with sample(Key(index=index)):
            return [current().key.index for _ in range(50)]

    with ThreadPoolExecutor(4) as pool:
        assert all(set(got) == {i} for i, got in enumerate(pool.map(in_thread, range(20))))

    async def in_task(index):
        with sample(Key(index=index)):
            await asyncio.sleep(0)
            return current().key.index

    async def both():
        return await asyncio.gather(in_task(1), in_task(2))

    assert asyncio.run(both()) == [1, 2]


def test_repr():
    assert repr(Sample((0, 0, 256))) == "Sample(Key(seed=0, epoch=1, worker=0, index=0), stage=0)"
