"""The base of transforms that are one instruction of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from torch import Tensor

from seedaug.apply import resolve_keys, single
from seedaug.key import Key, Keys
from seedaug.schema import Instruction, Schema
from seedaug.transforms import pipeline
from seedaug.transforms.arguments import check_image_size
from seedaug.transforms.base import (
    Params,
    Size,
    T,
    Transform,
    check_unset,
    explicit_occurrences,
    need_keys,
    split_keys,
)
from seedaug.transforms.drawn import name_entries

__all__ = ["ProgramTransform"]


class ProgramTransform(Transform):
    """A transform that is one instruction of a program."""

    schema: Schema
    """What the registry knows of it."""

    def instruction(self, target: type) -> Instruction | None:
        """The instruction for a leaf of type `target`; None if there is nothing to do for it.

        Raises:
            TypeError, ValueError: an argument is not what it should be.
        """
        raise NotImplementedError

    @property
    def use(self) -> tuple[int, str] | None:
        """The kind and name under which this transform draws; None if it never does."""
        return (self.kind, type(self).__name__) if self.schema.draws else None

    @property
    def needs_key(self) -> bool:
        """Whether this transform needs a key."""
        return self.use is not None

    @property
    def typed(self) -> bool:
        """Whether the instruction depends on the leaf's type (an argument is a dict)."""
        return False

    def convert(self, leaf: Any) -> Any:
        """What this transform does to masks, boxes and keypoints besides moving them."""
        return leaf

    def move_shape(self, shape: Any, drawn: dict[str, Any], functional: Any) -> Any:
        """Boxes or keypoints moved as the pixels are: index maps have this.

        Args:
            shape: tv_tensors of one image.
            drawn: what `params` says of this transform.
            functional: ``torchvision.transforms.v2.functional``.
        """
        raise NotImplementedError

    def move_pil(self, image: Any, drawn: dict[str, Any]) -> Any | None:
        """The same of a PIL image, by PIL; None if something is padded, which the program does."""
        raise NotImplementedError

    def __setattr__(self, name: str, value: Any) -> None:
        check_unset(self, name)
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_alone"}

    @property
    def alone(self) -> pipeline.Pipeline:
        """What runs this transform by itself."""
        found: pipeline.Pipeline | None = self.__dict__.get("_alone")
        if found is None:
            found = self.__dict__["_alone"] = pipeline.Pipeline([self])
        return found

    def parts(self) -> Sequence[pipeline.Pipeline]:
        """As `Transform.parts`: the program of this one instruction."""
        return [self.alone] if self.runs_as(ProgramTransform) else ()

    @overload
    def forward(
        self,
        x: Tensor,
        key: Key = ...,
        /,
        *,
        keys: Keys | None = None,
        view: int = 0,
        stage: int = 0,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Tensor: ...

    @overload
    def forward(
        self, x: T, key: Key = ..., /, *, keys: Key | None = None, view: int = 0, stage: int = 0
    ) -> T: ...

    @overload
    def forward(
        self,
        x: Any,
        y: Any,
        /,
        *more: Any,
        keys: Keys | None = None,
        view: int = 0,
        stage: int = 0,
        same_on_batch: bool = False,
    ) -> tuple[Any, ...]: ...

    @overload
    def forward(
        self,
        *inputs: Any,
        keys: Keys | None = None,
        view: int = 0,
        stage: int = 0,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Any: ...

    def forward(
        self,
        *inputs: Any,
        keys: Keys | None = None,
        view: int = 0,
        stage: int = 0,
        same_on_batch: bool = False,
        out: Tensor | None = None,
    ) -> Any:
        """As `Transform.forward`; a single tensor's result is written into `out`."""
        if keys is not None or len(inputs) != 1:
            inputs, keys = split_keys(inputs, keys)
        if keys is None:
            if view or stage or same_on_batch:
                need_keys(view, stage, same_on_batch)
            return self.alone.in_context(inputs, out)
        source = resolve_keys(keys, same_on_batch)
        occurrences = explicit_occurrences([self.use], view, stage)
        return self.alone.under(inputs, source, occurrences, out)

    if TYPE_CHECKING:
        __call__ = forward

    @overload
    def params(
        self, keys: Key, size: Size | None = None, *, view: int = 0, stage: int = 0
    ) -> Params: ...

    @overload
    def params(
        self, keys: Tensor, size: Size | None = None, *, view: int = 0, stage: int = 0
    ) -> Any: ...

    def params(
        self, keys: Keys, size: Size | None = None, *, view: int = 0, stage: int = 0
    ) -> Params | list[Params]:
        """As `Transform.params`."""
        source, size = resolve_keys(keys), check_image_size(size)
        occurrences = explicit_occurrences([self.use], view, stage)
        entries, _ = self.alone.geometry(Tensor, occurrences).entries(source, size)
        return name_entries(entries, single_key=single(source) is not None)
