"""What every transform shares: where its keys come from, and the base class for users' own."""

from __future__ import annotations

import enum
import numbers
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, cast, overload
from weakref import WeakSet

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from seedaug import _core
from seedaug.apply import (
    NO_KEY,
    Source,
    check_count,
    packed_keys,
    resolve_keys,
    single,
    stack,
)
from seedaug.context import current, in_sample, no_sample
from seedaug.key import Key, Keys, Packed
from seedaug.torch_compat import has_hooks, tree_flatten, tree_unflatten
from seedaug.transforms.arguments import check_image_size
from seedaug.transforms.kinds import check_user_kind, kind_name
from seedaug.transforms.sample import (
    SHAPES,
    Role,
    check_samples,
    find_roles,
    find_size,
    from_tensor,
    is_image_list,
    is_list_of_samples,
    sample_sizes,
    to_tensor,
)
from seedaug.transforms.stream import Stream

__all__ = ["Transform"]

T = TypeVar("T")
Size: TypeAlias = tuple[int, int]
Params: TypeAlias = dict[str, dict[str, Any]]
"""Of one sample: each transform's parameters, by its name."""

PER_STAGE = _core.OCCURRENCES_PER_STAGE


def check_unset(transform: nn.Module, name: str) -> None:
    """Transforms are frozen once made: what is compiled from them stays right.

    Raises:
        AttributeError: the argument is set already.
    """
    if name in transform.__dict__ and name != "training" and not name.startswith("_"):
        raise AttributeError(
            f"{type(transform).__name__} is frozen once made: make a new one with the {name} "
            "that you want"
        )


def split_keys(inputs: tuple[Any, ...], keys: Keys | None) -> tuple[tuple[Any, ...], Keys | None]:
    """Take a `Key` in the second place out of the inputs; a tensor there is data.

    Raises:
        TypeError: there is no input, or a `Key` in the second place and `keys` too.
    """
    if not inputs:
        raise TypeError("there is nothing to transform: pass an image or a sample first")
    if len(inputs) != 2 or not isinstance(inputs[1], Key):
        return inputs, keys
    if keys is not None:
        raise TypeError(f"keys were given twice: {inputs[1]} in the second place, and keys=")
    return inputs[:1], inputs[1]


def need_keys(view: int, stage: int, same_on_batch: bool) -> None:
    """Without keys, options that only keys give a meaning to are mistakes."""
    if view or stage or same_on_batch:
        raise ValueError(
            "view=, stage= and same_on_batch= go with keys=; inside a sample the context counts"
        )


def check_which(view: object, stage: object) -> tuple[int, int]:
    """`view` and `stage` as plain integers.

    Raises:
        TypeError: one of them is no integer.
        ValueError: `view` is negative, or `stage` neither 0 nor 1.
    """
    for name, value in (("view", view), ("stage", stage)):
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise TypeError(f"{name} must be an integer, got {value!r}")
    view, stage = int(cast(int, view)), int(cast(int, stage))
    if stage not in (0, 1):
        raise ValueError(f"stage must be 0 or 1, got {stage}")
    if view < 0:
        raise ValueError(f"view must be 0 or more, got {view}")
    return view, stage


def explicit_occurrences(
    uses: Iterable[tuple[int, str] | None], view: int, stage: int
) -> tuple[int, ...]:
    """Occurrences under explicit keys: counted from the stage's first, views one after another.

    Args:
        uses: the (kind, name) of each transform that draws, None for one that doesn't.
        view: shifts each kind's occurrences by `view` times its uses.
        stage: 0 or 1.

    Raises:
        TypeError, ValueError: as `check_which`; or a kind is used too often.
    """
    view, stage = check_which(view, stage)
    uses = list(uses)
    total: dict[int, int] = {}
    for use in uses:
        if use is not None:
            total[use[0]] = total.get(use[0], 0) + 1
    seen = {kind: view * count for kind, count in total.items()}
    occurrences = []
    for use in uses:
        if use is None:
            occurrences.append(0)
            continue
        kind, name = use
        if seen[kind] >= PER_STAGE:
            raise ValueError(
                f"{name} would be used more than {PER_STAGE} times for one sample in stage "
                f"{stage} (view={view}, {total[kind]} uses a view); use stage=1 or another kind"
            )
        occurrences.append(seen[kind] + stage * PER_STAGE)
        seen[kind] += 1
    return tuple(occurrences)


class Transform(nn.Module):
    """Base of all transforms, and of your own.

    A transform of your own sets `kind` and overrides `transform`, and `make_params` if it draws:

        class Posterize(seedaug.Transform):
            kind = seedaug.register_kind("posterize", 96)

            def make_params(self, draws, size):
                return {"bits": 4 + draws.integers(4)}

            def transform(self, image, params):
                return image & (0xFF << 8 - params["bits"])

    Called as ``t(sample)`` it takes its key from the sample's context; as ``t(sample, keys=keys)``
    it is pure. One without `make_params` draws nothing and needs no key.
    ``examples/custom_transform.py`` is a whole one.
    """

    kind: ClassVar[int]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__ and not cls.__module__.startswith("seedaug."):
            cls.kind = check_user_kind(cls.kind)
            kind_name(cls.kind, cls.__qualname__)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "kind":
            raise AttributeError("kind belongs to the class: its streams are no one instance's own")
        super().__setattr__(name, value)

    @property
    def use(self) -> tuple[int, str] | None:
        """The kind and the name under which this transform draws; None if it never draws."""
        kind = getattr(self, "kind", None)
        if kind is None:
            raise TypeError(
                f"{type(self).__name__} has no kind: set a class attribute, "
                "kind = seedaug.register_kind(name, number) with a number from "
                f"{_core.USER_KIND_FIRST} to {_core.USER_KIND_LAST}"
            )
        return kind, type(self).__name__

    @property
    def needs_key(self) -> bool:
        """Whether this transform needs a key. Without a `make_params` of its own it does not."""
        return getattr(self.make_params, "__func__", None) is not Transform.make_params

    # --- What a transform of your own overrides ---

    def make_params(self, draws: Stream, size: Size) -> dict[str, Any]:
        """Draw this transform's parameters; no others draw what this stream draws.

        Args:
            draws: its stream.
            size: height and width of the sample's images; (1, T) for audio [T].

        Returns:
            Whatever `transform` needs, by name.
        """
        return {}

    def transform(self, image: Tensor, params: dict[str, Any]) -> Tensor:
        """Transform one image or clip [..., C, H, W] or [H, W], or audio [T]; never in place."""
        raise NotImplementedError(f"{type(self).__name__} must override transform()")

    def transform_mask(self, mask: Tensor, params: dict[str, Any]) -> Tensor:
        """Transform a mask [..., H, W]; as it is, unless overridden."""
        return mask

    def transform_boxes(self, boxes: Any, params: dict[str, Any]) -> Any:
        """Transform ``tv_tensors.BoundingBoxes``; as they are, unless overridden."""
        return boxes

    def transform_keypoints(self, keypoints: Any, params: dict[str, Any]) -> Any:
        """Transform ``tv_tensors.KeyPoints``; as they are, unless overridden."""
        return keypoints

    # --- Calls ---

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
    ) -> Any: ...

    def forward(
        self,
        *inputs: Any,
        keys: Keys | None = None,
        view: int = 0,
        stage: int = 0,
        same_on_batch: bool = False,
    ) -> Any:
        """Transform a sample, or a batch of N under N keys.

        Args:
            *inputs: one sample, or its parts as in torchvision v2. Second of two, a `Key` counts
                as `keys`; a tensor is data, whatever its shape and dtype.
            keys: a `Key` or int64[3]: one draw for everything. int64[N, 3]: the first dimension
                is N and each sample has its own draw. None: the context's key; what draws
                nothing needs none.
            view: with keys, which view: 0, 1, …
            stage: with keys, 0 or 1 (a second pipeline on the same keys).
            same_on_batch: with N keys, give the first of them to all samples.

        Returns:
            The same structure with the same types.

        Raises:
            seedaug.NoKeyError: it draws, and there are no `keys` and no sample's context.
            TypeError, ValueError: keys or inputs don't fit.
        """
        inputs, keys = split_keys(inputs, keys)
        if keys is None:
            need_keys(view, stage, same_on_batch)
            if not self.needs_key and not in_sample():
                return self.apply_one(inputs, NO_KEY, 0)
            sample = current()
            use = self.use
            occurrence = sample.take(*use) if use is not None else 0
            return self.apply_one(inputs, sample.packed, occurrence)
        source = resolve_keys(keys, same_on_batch)
        (occurrence,) = explicit_occurrences([self.use], view, stage)
        with no_sample():  # whatever is being made outside, the keys given are all there is
            return self.apply_source(inputs, source, occurrence)

    if TYPE_CHECKING:
        __call__ = forward

    def register_forward_hook(self, *args: Any, **options: Any) -> RemovableHandle:
        """As `torch.nn.Module`'s. In a Compose a transform with hooks is called by itself."""
        handle = super().register_forward_hook(*args, **options)
        self._tell_holders()
        return handle

    def register_forward_pre_hook(self, *args: Any, **options: Any) -> RemovableHandle:
        """As `register_forward_hook`, before the call."""
        handle = super().register_forward_pre_hook(*args, **options)
        self._tell_holders()
        return handle

    def held_by(self, holder: Any) -> None:
        """Have ``holder.rebuild()`` called when this gets a hook, for as long as it lives."""
        self.__dict__.setdefault("_holders", WeakSet()).add(holder)

    def _tell_holders(self) -> None:
        for holder in list(self.__dict__.get("_holders", ())):
            holder.rebuild()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_holders"}

    def runs_as(self, base: type[nn.Module]) -> bool:
        """Whether calling this transform does what `base` does: no other forward, no hooks."""
        own = type(self).forward is not base.forward or "forward" in self.__dict__
        return not own and type(self).__call__ is nn.Module.__call__ and not has_hooks(self)

    def parts(self) -> Sequence[Any]:
        """What is called one after another for a single input: pipelines, and other callables.

        Empty if calling this transform is more than that.
        """
        return ()

    def apply_source(self, inputs: tuple[Any, ...], source: Source, occurrence: int) -> Any:
        """Apply under one key, or sample by sample under N."""
        packed = single(source)
        if packed is not None:
            return self.apply_one(inputs, packed, occurrence)
        assert isinstance(source, Tensor)
        if len(inputs) == 1 and is_image_list(inputs[0]):
            check_count(inputs[0], source)
            return stack(self._apply_each(inputs[0], "tensor", source, occurrence))
        leaves, structure = tree_flatten(
            inputs if len(inputs) > 1 else inputs[0], is_list_of_samples
        )
        roles = find_roles(leaves, batched=True)
        done = list(leaves)
        for i, (leaf, role) in enumerate(zip(leaves, roles, strict=True)):
            if not role:
                continue
            if role == "images":
                check_count(leaf, source)
                done[i] = stack(self._apply_each(leaf, "tensor", source, occurrence))
                continue
            if role == "samples":
                sizes = sample_sizes(leaves, roles, len(source))
                done[i] = self._apply_samples(leaf, sizes, source, occurrence)
                continue
            if role in ("boxes", "keypoints", "pil"):
                raise TypeError(
                    f"{type(leaf).__name__} can't be a batch of samples under N keys; of boxes and "
                    "keypoints give a list of N"
                )
            x = to_tensor(leaf, role, batched=True)
            if x.dim() < 2 or x.shape[0] != len(source):
                raise ValueError(f"{len(source)} keys need {len(source)} samples, got {[*x.shape]}")
            made = self._apply_each(x, role, source, occurrence)
            done[i] = from_tensor(torch.stack(made), leaf, role, batched=True) if made else leaf
        return tree_unflatten(done, structure)

    def _apply_each(
        self, images: Iterable[Tensor], role: str, keys: Tensor, occurrence: int
    ) -> list[Tensor]:
        return [
            self._apply_tensor(x, role, Stream(key, self.kind, occurrence))
            for x, key in zip(images, packed_keys(keys), strict=True)
        ]

    def _apply_samples(
        self, listed: Sequence[Any], sizes: list[Size], keys: Tensor, occurrence: int
    ) -> Any:
        """Boxes, keypoints and masks of N samples, each with its own sample's parameters."""
        check_samples(listed, len(keys))
        done = []
        for n, (sample, packed) in enumerate(zip(listed, packed_keys(keys), strict=True)):
            leaves, structure = tree_flatten(sample)
            roles = find_roles(leaves, any_shape=True)
            shapes = [leaf for leaf, role in zip(leaves, roles, strict=True) if role in SHAPES]
            size = sizes[n] if sizes else shapes[0].canvas_size
            params = self.make_params(Stream(packed, self.kind, occurrence), size)
            for i, (leaf, role) in enumerate(zip(leaves, roles, strict=True)):
                if role in SHAPES or role == "mask":
                    leaves[i] = self._apply_leaf(leaf, role, params)
            done.append(tree_unflatten(leaves, structure))
        return tuple(done) if isinstance(listed, tuple) else done

    def _apply_leaf(self, leaf: Any, role: Role, params: dict[str, Any]) -> Any:
        if role == "boxes":
            return self.transform_boxes(leaf, params)
        if role == "keypoints":
            return self.transform_keypoints(leaf, params)
        x, mask = to_tensor(leaf, role), role == "mask"
        made = self.transform_mask(x, params) if mask else self.transform(x, params)
        return from_tensor(made, leaf, role)

    def _apply_tensor(self, x: Tensor, role: str, draws: Stream) -> Tensor:
        height, width = (1, *x.shape)[-2:]
        params = self.make_params(draws, (height, width))
        return self.transform_mask(x, params) if role == "mask" else self.transform(x, params)

    def apply_one(self, inputs: tuple[Any, ...], packed: Packed, occurrence: int) -> Any:
        """Apply to one sample, all its parts with the same parameters."""
        leaves, structure = tree_flatten(inputs if len(inputs) > 1 else inputs[0])
        roles = find_roles(leaves, any_shape=True)
        size = find_size(leaves, roles)
        params = self.make_params(Stream(packed, self.kind, occurrence), size)
        done = list(leaves)
        for i, (leaf, role) in enumerate(zip(leaves, roles, strict=True)):
            if role:
                done[i] = self._apply_leaf(leaf, role, params)
        return tree_unflatten(done, structure)

    # --- Without data ---

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
        """The parameters that samples get, without their data.

        Args:
            keys: a `Key` or int64[3], or int64[N, 3].
            size: height and width of the input; needed where draws depend on it (crops).
            view, stage: as in calls.

        Returns:
            For one key a dict from the transform's name to its parameters, for N keys a list of
            such dicts. Transforms that draw nothing and keep the size don't appear; the second
            use of a kind is called ``"random_crop[1]"``, and so on.

        Raises:
            ValueError: `size` is needed and wasn't given, or keys don't fit.
        """
        source, size = resolve_keys(keys), check_image_size(size)
        (occurrence,) = explicit_occurrences([self.use], view, stage)
        packed = single(source)
        if packed is not None:
            return self.params_one(packed, occurrence, size)
        assert isinstance(source, Tensor)
        return [self.params_one(key, occurrence, size) for key in packed_keys(source)]

    def params_one(self, packed: Packed, occurrence: int, size: Size | None) -> Params:
        """One sample's parameters, by the transform's name."""
        if size is None:
            raise ValueError(f"{type(self).__name__}.params needs size=(height, width)")
        drawn = self.make_params(Stream(packed, self.kind, occurrence), size)
        return {kind_name(self.kind, type(self).__name__): drawn}

    def extra_repr(self) -> str:
        """The arguments, as torchvision's transforms print theirs."""
        shown = (bool, int, float, str, tuple, list, enum.Enum, torch.dtype, dict)
        return ", ".join(
            f"{name}={value}"
            for name, value in self.__dict__.items()
            if not name.startswith("_") and name != "training" and isinstance(value, shown)
        )
