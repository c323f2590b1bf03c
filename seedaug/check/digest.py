"""Digests of samples: equal bytes, equal digest; of the whole and of each part."""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import pickle
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["NotComparable", "digest", "parts"]

SIZE = 16  # bytes of a digest
_DEPTH = 40
_MOST_PARTS = 32  # of one sample
_MOST_ITEMS = 16  # a longer list is one part: a caption's tokens, a signal as a list


class NotComparable(Exception):
    """Holds something whose bytes can't be had: it can't be pickled."""


def digest(value: Any) -> bytes:
    """A digest of the value's types and bytes: NaNs are equal to themselves, 0.0 is not -0.0.

    Raises:
        NotComparable: it holds something that isn't known and can't be pickled.

    >>> digest({"a": [1, float("nan")]}) == digest({"a": [1, float("nan")]})
    True
    >>> digest((1, 2)) == digest([1, 2])
    False
    """
    state = hashlib.blake2b(digest_size=SIZE)
    for piece in _pieces(value, 0, set()):
        state.update(struct.pack("<q", len(piece)))
        state.update(piece)
    return state.digest()


def parts(sample: Any) -> dict[str, bytes]:
    """The digest of each part of a sample, by how one gets to it; "" is an undivided sample.

    What can't be compared has the digest b"".

    >>> sorted(parts({"image": 1, "label": (2, 3)}))
    ["['image']", "['label'][0]", "['label'][1]"]
    """
    found: dict[str, bytes] = {}
    for number, (path, part) in enumerate(_split(sample, "", 0)):
        name = path if number < _MOST_PARTS else "(the rest)"
        try:
            found[name] = digest((found.get(name), part)) if name in found else digest(part)
        except Exception:  # whatever an object of the user's does when it is asked
            found[name] = b""
    return found


def _split(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    children: list[tuple[str, Any]] | None = None
    if depth < 4:
        children = _children(value)
    if not children:
        yield path, value
        return
    for name, child in children:
        yield from _split(child, path + name, depth + 1)


def _children(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Mapping):
        items = [(f"[{_named(key)}]", item) for key, item in value.items()]
        return items if len(items) <= _MOST_PARTS else None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(f".{name}", item) for name, item in zip(value._fields, value, strict=True)]
    if isinstance(value, (tuple, list)):
        return [(f"[{i}]", v) for i, v in enumerate(value)] if len(value) <= _MOST_ITEMS else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return [(f".{f.name}", getattr(value, f.name, None)) for f in fields]
    return None


def _named(key: Any) -> str:
    try:
        return repr(key)
    except Exception:  # of a class of the user's; an integer of thousands of digits
        return f"<{type(key).__name__}>"


def _pieces(value: Any, depth: int, above: set[int]) -> Iterator[bytes]:
    """The value as a sequence of byte strings, types included."""
    kind = type(value)
    yield f"{kind.__module__}.{kind.__qualname__}".encode()
    plain = _plain(value)
    if plain is not None:
        yield from plain
        return
    if depth > _DEPTH or id(value) in above:
        yield b"..."  # a cycle, or too deep
        return
    inside = _inside(value)
    if inside is None:
        yield _pickled(value)
        return
    above.add(id(value))
    yield str(len(inside)).encode()
    for item in inside:
        yield from _pieces(item, depth + 1, above)
    above.discard(id(value))


def _plain(value: Any) -> list[bytes] | None:
    """The bytes of what holds no other objects, or None."""
    if type(value) is int:
        return [hex(value).encode()]  # decimal digits are limited to some thousands
    if value is None or isinstance(value, (bool, int, complex, str, range)):
        return [repr(value).encode(errors="surrogatepass")]
    if isinstance(value, float):
        return [struct.pack("<d", value)]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return [bytes(value)]
    if isinstance(value, enum.Enum):
        return [value.name.encode()]
    if isinstance(value, type) or (hasattr(value, "__qualname__") and callable(value)):
        name = getattr(value, "__qualname__", "")
        return [f"{getattr(value, '__module__', '')}.{name}".encode()]
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        return [str(value.dtype).encode(), str(value.shape).encode(), value.tobytes()]
    if kind_is_picture(value):
        palette = value.getpalette() if value.mode == "P" else None
        about = f"{value.mode} {value.size} {palette}"
        return [about.encode(), value.tobytes()]
    return None


def kind_is_picture(value: Any) -> bool:
    """Whether it is a PIL image, told without importing PIL."""
    kinds = type(value).__mro__
    return any(k.__module__ == "PIL.Image" and k.__name__ == "Image" for k in kinds)


def _tensor(value: torch.Tensor) -> list[bytes]:
    about = f"{value.dtype} {tuple(value.shape)} {value.layout}".encode()
    if value.is_meta:
        return [about]
    if value.is_quantized:
        value = value.dequantize()
    if value.layout is not torch.strided:
        value = value.to_dense()
    flat = torch.Tensor.detach(value).as_subclass(torch.Tensor).cpu().contiguous().reshape(-1)
    if flat.is_conj() or flat.is_neg():
        flat = flat.resolve_conj().resolve_neg()
    return [about, flat.view(torch.uint8).numpy().tobytes()] if flat.numel() else [about]


def _inside(value: Any) -> list[Any] | None:
    """The objects that a container or a plain object holds, or None for anything else."""
    if isinstance(value, Mapping):
        pairs = [(digest(key), item) for key, item in value.items()]
        return [x for pair in sorted(pairs, key=lambda pair: pair[0]) for x in pair]
    if isinstance(value, (tuple, list)):
        return [*value]
    if isinstance(value, (set, frozenset)):
        return sorted(digest(item) for item in value)
    if isinstance(value, np.ndarray):
        return [value.shape, *value.reshape(-1).tolist()]
    own: Any = type(value)  # pickles as any object does?
    plain = own.__reduce_ex__ is object.__reduce_ex__ and own.__reduce__ is object.__reduce__
    if plain and isinstance(getattr(value, "__dict__", None), dict):
        slots = [s for k in type(value).__mro__ for s in _slots(k)]
        return [*vars(value).items(), *((s, getattr(value, s, None)) for s in slots)]
    return None


def _slots(kind: type) -> list[str]:
    named = kind.__dict__.get("__slots__", ())
    return [named] if isinstance(named, str) else [s for s in named if s not in ("__dict__",)]


def _pickled(value: Any) -> bytes:
    try:
        return pickle.dumps(value, protocol=4)
    except Exception as error:
        raise NotComparable(f"{type(value).__name__}: {error}") from error
