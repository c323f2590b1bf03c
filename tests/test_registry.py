"""What holds for every transform that is registered, whichever those are."""

import random
from itertools import count
from pathlib import Path

import pytest
import torch
from reference import KINDS
from reference.bridge import ISAS, using
from reference.program import CHANGES, MOVES

import seedaug
from seedaug import functional as F
from seedaug import ops
from seedaug.program import DTYPES, output_size
from seedaug.schema import OF_KIND, SCHEMAS, decode, encode

ALL = pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
TURNS = range(6)
COPIED = (torch.bool, torch.int16, torch.int32, torch.float64)
KEYS = seedaug.keys(seed=3, epoch=2, index=range(4))
FORMAT = (Path(__file__).parent.parent / "docs" / "stream-format.md").read_text()


def any_argument(one, draw, row):
    """A value that fits images [4, 3, 9, 8]; floats of a row ascend."""
    if one["type"] == "integer":
        least = 1 if one["least"] > 0 else 0
        return draw.randint(least, 2 if least == 0 else 8)
    if one["type"] == "choice":
        return draw.randrange(len(one["choices"]))
    if one["type"] == "flag":
        return draw.random() < 0.5
    if one["type"] == "probability":
        return draw.choice([0.0, 0.5, 1.0])
    if one["type"] == "number":
        return next(row) * 0.25
    values = tuple(draw.randint(1, 200) / 256 for _ in range(3))
    return draw.choice([(), values, values[:1]]) if one["type"] == "fill" else values


def any_instruction(schema, turn):
    draw, row = random.Random(turn), count()
    return schema(**{one["name"]: any_argument(one, draw, row) for one in schema.arguments})


def images(dtype, channels_last=False):
    numbers = torch.arange(4 * 3 * 9 * 8).reshape(4, 3, 9, 8) * 37 % 251
    x = numbers > 100 if dtype == torch.bool else numbers.to(dtype)
    return x.contiguous(memory_format=torch.channels_last) if channels_last else x


def equal(a, b):
    return a.dtype == b.dtype and torch.equal(
        *(one.contiguous().view(torch.uint8) for one in (a, b))
    )


@ALL
def test_it_has_a_number_a_twin_a_class_and_a_section(schema):
    assert OF_KIND[schema.kind] is schema
    assert KINDS[schema.name] == schema.kind < seedaug._core.USER_KIND_FIRST
    assert schema.name in (MOVES if schema.is_map else CHANGES)
    assert f"| {schema.name} | {schema.kind} |" in FORMAT
    if schema.name != "clamp":  # which Compose and F do without
        assert getattr(seedaug, schema.class_name).schema is schema


@ALL
@pytest.mark.parametrize("turn", TURNS)
def test_it_is_encoded_as_it_is_told(schema, turn):
    instruction = any_instruction(schema, turn)
    program, values = encode([(instruction, 7), (instruction, 8)])
    for read, occurrence in zip(decode(program), (7, 8), strict=True):
        assert read[:2] == (schema, occurrence)
        for one in schema.arguments:
            at, given = read[2][schema.codes[one["name"]] :], instruction.argument(one["name"])
            if one["type"] in ("integer", "choice", "flag"):
                assert at[0] == given
            elif one["type"] in ("fill", "channel_values"):
                assert at[1] == len(given)
            else:
                assert given in values
    changed = instruction.changed(**{schema.arguments[0]["name"]: instruction.given[0]})
    assert changed == instruction
    with pytest.raises(TypeError, match=schema.name):
        schema()


@ALL
def test_the_native_side_refuses_what_does_not_fit(schema):
    instruction = any_instruction(schema, 0)
    ((program, values), x) = encode([(instruction, 0)]), images(torch.float32)
    kind, occurrence, n, *numbers = program

    def refused(numbers, floats, match):
        with pytest.raises(RuntimeError, match=rf"{schema.class_name}: .*{match}"):
            ops.augment(x, KEYS, [kind, occurrence, len(numbers), *numbers], floats, x.dtype, 0)

    refused([*numbers, 0], values, f"takes {n} arguments, got {n + 1}")
    for one in schema.arguments:
        at, name = schema.codes[one["name"]], one["name"]
        if one["type"] == "integer":
            for value in (one["least"] - 1, one["most"] + 1):
                refused([*numbers[:at], value, *numbers[at + 1 :]], values, name)
        elif one["type"] == "choice":
            for value in (-1, len(one["choices"])):
                refused(
                    [*numbers[:at], value, *numbers[at + 1 :]], values, f"{name} must be one of"
                )
        elif one["type"] == "probability":
            refused(numbers, [float("nan")], rf"{name} must be in \[0, 1\]")
        elif one["type"] != "flag":
            wrong = [*numbers[:at], 1 << 40, *numbers[at + 1 :]]
            if one["type"] == "fill":
                wrong[at + 1] = 1
            refused(wrong, values, "points outside")
            if one["type"] != "number":  # images of three channels
                wrong[at : at + 2] = [0, 2]
                refused(wrong, [1.0] * 4, "1 value or one for each of the 3 channels, got 2")


@ALL
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("dtype", [*DTYPES, *COPIED], ids=str)
def test_the_same_bytes_on_every_road(schema, turn, dtype):
    if not schema.is_map and dtype not in DTYPES:
        with pytest.raises(TypeError, match="computes with"):
            F.augment(images(dtype), KEYS, [any_instruction(schema, turn)])
        return
    program = [(any_instruction(schema, turn), 3)]
    x = images(dtype)
    wanted = F.augment(x, KEYS, program)
    for isa in ISAS:
        for threads in (1, 2):
            with using(isa, threads):
                assert equal(F.augment(x, KEYS, program), wanted)
    assert equal(F.augment(images(dtype, channels_last=True), KEYS, program), wanted)
    assert equal(F.augment(x, KEYS, program, out=torch.empty_like(wanted)), wanted)
    for n in range(4):
        assert equal(F.augment(x[n], KEYS[n], program), wanted[n])
    if output_size(encode(program)[0], 9, 8) == output_size(encode(program)[0], 7, 6):
        assert equal(F.augment([*x], KEYS, program), wanted)
    same = KEYS[:1].expand(4, 3)
    assert equal(F.augment(x[:1].expand(4, 3, 9, 8), same, program)[3], wanted[0])


@pytest.mark.parametrize("turn", range(40))
def test_fused_is_one_after_another(turn):
    draw = random.Random(turn)
    x = images(draw.choice(DTYPES))
    program = []
    for place in range(draw.randint(2, 5)):
        program.append(
            (any_instruction(draw.choice([*SCHEMAS.values()]), 100 * turn + place), place)
        )
    try:
        fused = F.augment(x, KEYS, program)
    except ValueError as error:  # a crop larger than what came before, a pad wider than that
        if "pad" not in str(error):
            raise
        return
    for one in program:
        x = F.augment(x, KEYS, [one])
    assert equal(fused, x)
