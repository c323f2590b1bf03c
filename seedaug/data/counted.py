"""A pass of a loader: begun late, and counted in the loader's state."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from seedaug.data.index import ride
from seedaug.data.state import Extent, LoaderState, Position, beyond_the_end

_END: Any = object()
_LOOK = 2  # batches that may be looked at without that being an epoch


class CountedPass:
    """Hands out a pass's batches and counts them.

    It begins when the first batch is asked for; until then the epoch may still be chosen, as
    frameworks do that ask for the iterator first. The loader keeps the position only: a pass that
    is abandoned takes its workers with it.

    Args:
        state: the loader's, in which to count.
        start: begins the pass that `state` is at: its position, torch's iterator, and how many
            batches come first that were handed out before, and are dropped.
        run: called when more of it than a look was handed out, or all.
        extent: of a batch, where the order is dealt out by the loader.
        length: of torch's iterator.
        alone: the workers serve one pass at a time, and the next takes them away.
    """

    def __init__(
        self,
        state: LoaderState,
        start: Callable[[], tuple[Position, Iterator[Any], int]],
        run: Callable[[Position], None],
        extent: Extent | None,
        length: Callable[[], int],
        alone: bool,
    ) -> None:
        self.state = state
        self.extent = extent
        self.alone = alone
        self._start = start
        self._run = run
        self._length = length
        self._ended = False
        self._position: Position | None = None  # once it has begun
        self._given = 0
        self._failed = 0  # since the last batch
        state.waiting = weakref.ref(self)

    def __iter__(self) -> CountedPass:
        return self

    def __next__(self) -> Any:
        if self._ended:
            raise StopIteration
        if self._position is None:
            self._position, self._batches, self._replayed = self._start()
        elif self.alone and self._position is not self.state.begun:
            raise RuntimeError(
                "seedaug.DataLoader: this pass ended when another was begun: persistent workers "
                "serve one pass at a time; use two loaders, or persistent_workers=False"
            )
        received = self._received()
        # What is loaded in this process, further in than any index reaches, is of this epoch too.
        token = ride.set((self._position.epoch, 0))
        try:
            while self._replayed:
                self._drop(self._position.batch)
            batch = next(self._batches)
        except StopIteration:
            self._ended = True
            self.state.ended(self._position, self._given)
            self._run(self._position)
            raise
        except Exception:
            # Whoever goes on behind it has left that batch out; whoever resumes gets it again.
            self._failed += self._received() != received
            raise
        finally:
            ride.reset(token)
        self._given += 1
        if self._given > _LOOK:
            self._run(self._position)
        self.state.moved(self._position, self.extent, 1 + self._failed)
        self._failed = 0
        return batch

    def _received(self) -> object:
        """How many batches torch's iterator has got of its workers; without any, unlike before."""
        return getattr(self._batches, "_rcvd_idx", object())

    def _drop(self, batch: int) -> None:
        if next(self._batches, _END) is _END:
            raise beyond_the_end(batch, batch - self._replayed)
        self._replayed -= 1

    def __len__(self) -> int:
        return self._length()
