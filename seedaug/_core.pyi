# Types of the native module that speaks NumPy (csrc/numpy/).

from types import CodeType
from typing import Any

import numpy as np
import numpy.typing as npt

KINDS: dict[str, int]
TRANSFORMS: dict[str, dict[str, Any]]
STREAM_VERSION: int
PARAM_BLOCKS: int
MAX_EPOCH: int
MAX_WORKER: int
MAX_INDEX: int
MAX_ELEMENTS: int
MAX_SHUFFLED: int
MAX_INSTRUCTIONS: int
MAX_MAPS: int
MAX_VALUES: int
USER_KIND_FIRST: int
USER_KIND_LAST: int
OCCURRENCES_PER_STAGE: int

def config() -> dict[str, Any]: ...
def philox(
    counter: tuple[int, int, int, int], key: tuple[int, int]
) -> tuple[int, int, int, int]: ...
def words(
    seed: int, lo: int, hi: int, kind: int, occurrence: int, first_block: int, n: int
) -> npt.NDArray[np.uint32]: ...
def normals(
    seed: int, lo: int, hi: int, kind: int, occurrence: int, first: int, n: int
) -> npt.NDArray[np.float32]: ...
def permutation(seed: int, epoch: int, worker: int, n: int) -> npt.NDArray[np.int64]: ...
def read_stream(capsule: object, stream: tuple[int, int, int, int, int]) -> object: ...
def reader_position(reader: object) -> int: ...
def move_reader(reader: object, stream: tuple[int, int, int, int, int], position: int) -> None: ...
def running_code() -> dict[int, list[CodeType]]: ...
