"""Compose: transforms one after another, fused into as few native calls as there can be."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import torch
from torch import Tensor, nn

from seedaug import ops
from seedaug.apply import Source, packed_keys, resolve_keys, single
from seedaug.context import NoKeyError, current, no_sample, sample
from seedaug.key import Key, Keys
from seedaug.transforms.arguments import check_image_size
from seedaug.transforms.base import (
    PER_STAGE,
    Params,
    Size,
    Transform,
    check_unset,
    check_which,
    explicit_occurrences,
    need_keys,
    split_keys,
)
from seedaug.transforms.color import Normalize, ToDtype
from seedaug.transforms.drawn import Entries, name_entries
from seedaug.transforms.noise import GaussianNoise
from seedaug.transforms.pipeline import Pipeline
from seedaug.transforms.program_transform import ProgramTransform

__all__ = ["Compose"]

Part: TypeAlias = Pipeline | Transform | Callable[..., Any]

_OPTIONS = ("transforms", "dtype", "memory_format", "stage")
_BUILT = frozenset(
    (
        "flat",
        "_parts",
        "_drawing",
        "_needs_key",
        "_pipeline",
        "_foreign",
        "_occurrences",
    )
)
_LAYOUTS = {
    None: ops.PRESERVE,
    torch.preserve_format: ops.PRESERVE,
    torch.contiguous_format: ops.CONTIGUOUS,
    torch.channels_last: ops.CHANNELS_LAST,
}


def _check_transforms(transforms: Any) -> tuple[Callable[..., Any], ...]:
    if not isinstance(transforms, (Sequence, nn.ModuleList)):
        raise TypeError(f"Compose: transforms must be a sequence of callables, got {transforms!r}")
    given = tuple(transforms)
    if not given:
        raise ValueError("Compose: transforms must hold at least one transform, got none")
    for transform in given:
        if not callable(transform):
            raise TypeError(f"Compose: every transform must be callable, got {transform!r}")
        if isinstance(transform, type) and issubclass(transform, nn.Module):
            name = transform.__name__
            raise TypeError(f"Compose: {name} is a class; give an instance, {name}(...)")
    return given


def _check_format(memory_format: Any) -> torch.memory_format | None:
    known = memory_format is None or isinstance(memory_format, torch.memory_format)
    if not known or memory_format not in _LAYOUTS:
        raise ValueError(
            "Compose: memory_format must be torch.channels_last, torch.contiguous_format or "
            f"None, got {memory_format!r}"
        )
    return memory_format  # type: ignore[no-any-return]


def _split(flat: list[Any], layout: int) -> list[Part]:
    """Runs of program transforms become pipelines; everything else is a part of its own."""
    parts: list[Part] = []
    for transform in flat:
        if not isinstance(transform, ProgramTransform) or not transform.runs_as(ProgramTransform):
            parts.append(transform)
        elif parts and isinstance(parts[-1], list):
            parts[-1].append(transform)
        else:
            parts.append([transform])  # type: ignore[arg-type]
    if layout != ops.PRESERVE and not isinstance(parts[-1], list):
        parts.append([])  # type: ignore[arg-type]  # an empty program, which lays out
    last = len(parts) - 1
    return [
        Pipeline(part, layout if i == last else ops.PRESERVE) if isinstance(part, list) else part
        for i, part in enumerate(parts)
    ]


def _warn_of_clip(flat: list[Any]) -> None:
    normalized = False
    for transform in flat:
        if isinstance(transform, GaussianNoise) and transform.clip and normalized:
            warnings.warn(
                "GaussianNoise(clip=True) after Normalize clamps normalized values to [0, 1]; "
                "put it before Normalize, or give clip=False",
                UserWarning,
                stacklevel=3,
            )
            return
        normalized = isinstance(transform, Normalize) or (
            normalized and not isinstance(transform, ToDtype)
        )


def _is_foreign(part: Part) -> bool:
    """Whether a part can only be called: what it draws, it draws from the sample's context."""
    return isinstance(part, Compose) or not isinstance(part, (Pipeline, Transform))


def _part_needs_key(part: Part) -> bool:
    """Whether a part draws. One that has a forward of its own, or hooks, is asked by its call."""
    if isinstance(part, Pipeline):
        return bool(part.uses)
    return isinstance(part, Transform) and part.runs_as(Transform) and part.needs_key


def _call_without_a_sample(part: Part, inputs: tuple[Any, ...]) -> Any:
    """Call a foreign part under N keys, where no one sample is being made."""
    assert not isinstance(part, Pipeline)
    try:
        with no_sample():
            return part(*inputs)
    except NoKeyError as error:
        raise NoKeyError(
            f"Compose: {part} draws from a sample's key, but under N keys there is no one sample; "
            "make it a seedaug.Transform, put seedaug's transforms straight into the Compose, or "
            "call it sample by sample"
        ) from error


class Compose(Transform):
    """Apply transforms one after another, fused where they can be.

    Args:
        transforms: seedaug's, nested Composes of the same stage, torchvision's, or any callables.
            Neighbouring transforms of seedaug run as one native call; what can't fuse (others,
            and those with a forward of their own or hooks) splits the chain. The result is the
            same, bit for bit, as calling them one by one.
        dtype: of the images that come out: appends ``ToDtype(dtype, scale=True)``.
        memory_format: of the images that come out: ``torch.channels_last`` or
            ``torch.contiguous_format``; default, that of the last nested Compose that has one,
            else of the input.
        stage: with explicit keys, 0 or 1 (a second pipeline on the same keys).

    These are attributes too. As every transform of seedaug's, it is frozen once made.

    Called as ``augment(sample)`` inside a sample, or ``augment(x, keys=keys)``; see `forward`.
    Where no part draws, ``augment(x)`` works anywhere. torchvision's own random transforms inside
    draw from torch's global generator, as ever.

    Raises:
        TypeError: `transforms` is no sequence of callables.
        ValueError: it is empty, or an option is none of those above.

    Warns:
        UserWarning: `GaussianNoise` with clip=True follows `Normalize`.

    >>> import torch, seedaug
    >>> augment = seedaug.Compose(
    ...     [seedaug.RandomCrop(24), seedaug.RandomHorizontalFlip()], dtype=torch.float16
    ... )
    >>> images = torch.zeros(8, 3, 32, 32, dtype=torch.uint8)
    >>> x = augment(images, keys=seedaug.keys(seed=0, index=range(8)))
    >>> x.shape, x.dtype
    (torch.Size([8, 3, 24, 24]), torch.float16)
    """

    def __init__(
        self,
        transforms: Sequence[Callable[..., Any]],
        dtype: torch.dtype | None = None,
        memory_format: torch.memory_format | None = None,
        stage: int = 0,
    ) -> None:
        super().__init__()
        self.transforms = _check_transforms(transforms)
        self.dtype = dtype
        self.memory_format = memory_format
        self.stage = stage
        self.rebuild()
        _warn_of_clip(self.flat)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OPTIONS:
            check_unset(self, name)
        super().__setattr__(name, value)

    def _flatten(self) -> tuple[list[Any], torch.memory_format | None]:
        """The transforms with nested Composes opened, and the memory format of the last of them.

        Raises:
            ValueError: a nested Compose has another stage.
        """
        flat: list[Any] = []
        memory_format = None
        for transform in self.transforms:
            if not isinstance(transform, Compose):
                flat.append(transform)
                continue
            if transform.stage != self.stage:
                raise ValueError(
                    f"Compose(stage={self.stage}): a nested Compose has stage={transform.stage}; "
                    "one call draws in one stage, so give both the same"
                )
            if transform.runs_as(Compose):
                inside, inner_format = transform._flatten()
                flat += inside
                memory_format = inner_format or memory_format
            else:
                flat.append(transform)
        if self.dtype is not None:
            flat.append(ToDtype(self.dtype, scale=True))
        return flat, _check_format(self.memory_format) or memory_format

    def rebuild(self) -> None:
        """Find anew what fuses: a transform with hooks is called by itself."""
        check_which(0, self.stage)
        self.flat, memory_format = self._flatten()
        self._parts = _split(self.flat, _LAYOUTS[memory_format])
        self._drawing = [t for t in self.flat if isinstance(t, Transform)]
        self._needs_key = any(map(_part_needs_key, self._parts))
        first = self._parts[0]
        self._pipeline = first if isinstance(first, Pipeline) and len(self._parts) == 1 else None
        self._foreign = any(_is_foreign(part) for part in self._parts)
        self._occurrences: dict[tuple[int, int], tuple[int, ...]] = {}
        for transform in (*self.transforms, *self.flat):
            if isinstance(transform, Transform):
                transform.held_by(self)

    def parts(self) -> Sequence[Part]:
        """As `Transform.parts`."""
        return self._parts if self.runs_as(Compose) else ()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in _BUILT}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.rebuild()

    @property
    def use(self) -> tuple[int, str] | None:
        """A Compose draws nothing itself."""
        return None

    @property
    def needs_key(self) -> bool:
        """Whether one of seedaug's transforms in it needs a key."""
        return self._needs_key

    @overload
    def forward(
        self,
        x: Tensor,
        key: Key = ...,
        /,
        *,
        keys: Keys | None = None,
        view: int = 0,
        stage: int | None = None,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Tensor: ...

    @overload
    def forward(
        self,
        *inputs: Any,
        keys: Keys | None = None,
        view: int = 0,
        stage: int | None = None,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Any: ...

    def forward(
        self,
        *inputs: Any,
        keys: Keys | None = None,
        view: int = 0,
        stage: int | None = None,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Any:
        """Transform a sample, or a batch of N under N keys.

        Args:
            *inputs: one sample, or its parts as in torchvision v2. Second of two, a `Key` counts
                as `keys`; a tensor is data, whatever its shape and dtype. With N keys a list of
                N images [C, Hi, Wi] of different sizes becomes one batch.
            keys: a `Key` or int64[3]: one draw for everything. int64[N, 3]: the first dimension
                is N and each sample has its own draw. None: the context's key and stage; what
                draws nothing needs none.
            view: with keys, which view: 0, 1, …
            stage: with keys, 0 or 1; default, the Compose's.
            same_on_batch: with N keys, give the first of them to all samples.
            out: a tensor that a single tensor's result is written into, where all parts fuse.

        Returns:
            The same structure with the same types.

        Raises:
            seedaug.NoKeyError: a part draws, and there are no `keys` and no sample's context.
            TypeError, ValueError: keys or inputs don't fit.
        """
        if keys is not None or len(inputs) != 1:
            inputs, keys = split_keys(inputs, keys)
        pipeline = self._pipeline
        if keys is None:
            if view or stage or same_on_batch:
                need_keys(view, stage or 0, same_on_batch)
            if pipeline is not None:
                return pipeline.in_context(inputs, out)
            self._no_out(out)
            if self._needs_key:
                current()  # without one, the error comes before anything is done
            return self._in_context(inputs)
        source = resolve_keys(keys, same_on_batch)
        occurrences = self._explicit(view, self.stage if stage is None else stage)
        if pipeline is not None:
            return pipeline.under(inputs, source, occurrences, out)
        self._no_out(out)
        packed = single(source) if self._foreign else None
        if packed is None:
            return self._under(inputs, source, occurrences)
        with sample(packed, self.stage if stage is None else stage):
            # What others draw is known only by calling them. Whatever draws at all in each view
            # does so in PER_STAGE of them at most.
            for _ in range(min(view, PER_STAGE)):
                self._in_context(inputs)
            return self._in_context(inputs)

    if TYPE_CHECKING:
        __call__ = forward

    def _no_out(self, out: Tensor | None) -> None:
        if out is not None:
            raise ValueError("Compose: out= goes with transforms that all fuse into one program")

    def _explicit(self, view: int, stage: int) -> tuple[int, ...]:
        """The occurrence of each of seedaug's transforms under explicit keys."""
        view, stage = check_which(view, stage)
        found = self._occurrences.get((view, stage))
        if found is None:
            found = explicit_occurrences([t.use for t in self._drawing], view, stage)
            if not torch.compiler.is_compiling():
                self._occurrences[view, stage] = found
        return found

    def _in_context(self, inputs: tuple[Any, ...]) -> Any:
        unpack = len(inputs) > 1
        outputs: Any = inputs if unpack else inputs[0]
        for part in self._parts:
            outputs = part.in_context(inputs) if isinstance(part, Pipeline) else part(*inputs)
            inputs = outputs if unpack else (outputs,)
        return outputs

    def _under(self, inputs: tuple[Any, ...], source: Source, occurrences: tuple[int, ...]) -> Any:
        unpack = len(inputs) > 1
        outputs: Any = inputs if unpack else inputs[0]
        at = 0
        for part in self._parts:
            if isinstance(part, Pipeline):
                end = at + len(part.transforms)
                outputs, at = part.under(inputs, source, occurrences[at:end]), end
            elif isinstance(part, Transform) and not isinstance(part, Compose):
                keys = source if isinstance(source, Tensor) else Key.unpack(source)
                stage, view = divmod(occurrences[at], PER_STAGE)
                outputs, at = part(*inputs, keys=keys, view=view, stage=stage), at + 1
            else:
                at += isinstance(part, Compose)
                outputs = _call_without_a_sample(part, inputs)
            inputs = outputs if unpack else (outputs,)
        return outputs

    @overload
    def params(
        self, keys: Key, size: Size | None = None, *, view: int = 0, stage: int | None = None
    ) -> Params: ...

    @overload
    def params(
        self, keys: Tensor, size: Size | None = None, *, view: int = 0, stage: int | None = None
    ) -> Any: ...

    def params(
        self, keys: Keys, size: Size | None = None, *, view: int = 0, stage: int | None = None
    ) -> Params | list[Params]:
        """The parameters that samples get, without their data; see `Transform.params`.

        After a callable that isn't seedaug's the size isn't known: what needs it can't follow.
        """
        source, size = resolve_keys(keys), check_image_size(size)
        occurrences = self._explicit(view, self.stage if stage is None else stage)
        sources = packed_keys(source) if isinstance(source, Tensor) else [source]
        entries: list[Entries] = [[] for _ in sources]
        at = 0
        for part in self._parts:
            if isinstance(part, ProgramTransform):
                part = part.alone
            if isinstance(part, Pipeline):
                end = at + len(part.transforms)
                geometry = part.geometry(Tensor, occurrences[at:end])
                more, size = geometry.entries(source, size)
                for into, these in zip(entries, more, strict=True):
                    into += these
                at = end
            elif isinstance(part, Transform) and not isinstance(part, Compose):
                for into, one in zip(entries, sources, strict=True):
                    into += part.params_one(one, occurrences[at], size).items()
                at += 1
            else:
                at += isinstance(part, Compose)
                size = None
        return name_entries(entries, single_key=single(source) is not None)

    def extra_repr(self) -> str:
        """One transform a line, then the options that were given."""
        lines = [f"    {transform}" for transform in self.transforms]
        options = {"dtype": self.dtype, "memory_format": self.memory_format, "stage": self.stage}
        return "\n".join(
            lines + [f"    {name}={value}" for name, value in options.items() if value]
        )
