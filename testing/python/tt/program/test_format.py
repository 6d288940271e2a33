"""A program and its text are one and the same; what is malformed is a ValueError with its place."""

from __future__ import annotations

import copy
import json
import pickle
import random
import re
from pathlib import Path

import pytest
import tile_kernels
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tile_random import Maker

from tilelang.tt import _ffi_api, files
from tilelang.tt import program as p
from tilelang.tt.program.steps import NAMES

GOLDEN = Path(__file__).parent / "every_kind.json"
VALIDATOR = Draft202012Validator(files.schema("program"))
KERNELS = {
    "every kind": tile_kernels.every_kind(),
    "gemm": tile_kernels.gemm(100, 70, 50, batch=2, ta=True, bias=True, act="gelu"),
    "norm": tile_kernels.norm(64, 128, layer=True),
    "attention": tile_kernels.flash_attention(1, 2, 128, 64, causal=True),
}


@pytest.mark.parametrize("name", KERNELS)
def test_a_text_that_was_read_is_written_as_it_was(name):
    program = KERNELS[name]
    text = program.to_text()
    assert p.Program.from_json(text).to_text() == text
    assert p.Program.from_json(text) == program == p.Program.from_json(program.to_json())
    assert VALIDATOR.is_valid(json.loads(text))


def test_the_golden_document_has_every_kind_and_is_what_is_written():
    """The C++ library reads it and writes it too. To renew it: write the text into it."""
    text = GOLDEN.read_text().rstrip("\n")
    assert KERNELS["every kind"].to_text() == text
    assert p.Program.from_json(text).to_text() == text == _ffi_api.canonical_program(text)
    steps = [step for _, step in p.steps_of(KERNELS["every kind"])]
    assert {type(step) for step in steps} == set(NAMES)
    keys = set(re.findall(r'\{"(\w+)":', text))
    assert keys >= {*p.OPERATIONS, "var", "load", "cast", "bits", "int", "float", "special"}
    assert {b.kind for b in KERNELS["every kind"].buffers} == {
        "tensor",
        "workspace",
        "scratch",
        "view",
    }
    assert {v.kind for v in KERNELS["every kind"].variables} == {"scalar", "block", "loop", "let"}


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_any_program_survives_its_text_and_can_be_listed(seed):
    program = Maker(random.Random(seed)).program()
    text = program.to_text()
    again = p.Program.from_json(text)
    assert again == program
    assert again.to_text() == text
    assert hash(again) == hash(program)
    assert VALIDATOR.is_valid(json.loads(text))
    lines = p.listing_lines(program)
    assert max(len(line.text) for line in lines) <= 110
    # Each step has a line, but a map without loops: its stores stand for themselves.
    shown = {line.place for line in lines}
    for place, step in p.steps_of(program):
        assert place in shown or (isinstance(step, p.Map) and not step.loops), place


def test_a_program_can_be_pickled_and_copied():
    for program in KERNELS.values():
        assert pickle.loads(pickle.dumps(program)) == copy.deepcopy(program) == program


def test_numbers_are_equal_if_their_bits_are():
    assert p.Const(0.0, "float32") != p.Const(-0.0, "float32")
    assert p.Const(float("nan"), "float32") == p.Const(float("nan"), "float32")
    assert p.Const(1, "int32") != p.Const(True, "bool")


def test_read_only_mappings_and_tuples_are_read_as_a_plan_holds_them():
    from tilelang.tt.metadata import plain_value

    for program in KERNELS.values():
        assert p.Program.from_json(plain_value(program.to_json())) == program


def small(**changes):
    """A document with one of everything that the faults below are about."""
    whole = {"buffer": 0, "at": [0, 0], "shape": [64, 64]}
    document = {
        "version": 1,
        "buffers": [
            {"name": "A", "kind": "tensor", "param": 0, "dtype": "float32", "shape": [64, 64]},
            {"name": "s", "kind": "scratch", "scope": "local.var", "dtype": "int32", "shape": [1]},
            {"name": "v", "kind": "view", "of": 0, "offset": 0, "dtype": "int32", "shape": [4096]},
        ],
        "variables": [
            {"name": "n", "kind": "scalar", "param": 1, "dtype": "int32"},
            {"name": "bx", "kind": "block", "dtype": "int32"},
            {"name": "k", "kind": "loop", "dtype": "int32"},
            {"name": "x", "kind": "let", "dtype": "float32"},
        ],
        "launches": [
            {
                "grid": [2, 1, 1],
                "indices": [1, None, None],
                "body": [
                    {"step": "copy", "src": whole, "dst": whole},
                    {
                        "step": "map",
                        "loops": [{"var": 2, "extent": 64, "kind": "parallel"}],
                        "body": [
                            {"step": "let", "var": 3, "value": {"load": [0, {"var": 1}, 0]}},
                            {
                                "step": "store",
                                "buffer": 0,
                                "at": [{"var": 2}, 0],
                                "value": {"var": 3},
                            },
                        ],
                    },
                    {"step": "assign", "buffer": 1, "value": {"add": [{"var": 0}, 1]}},
                ],
            }
        ],
    }
    return {**document, **changes}


def at(path: str, value):
    """The small document with a value put at a path, as ``launches.0.body``; ... takes it away."""
    document = small()
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    holder = document
    for part in way:
        holder = holder[part]
    if value is ...:
        del holder[last]
    elif isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value
    return document


BODY = "launches.0.body"
VALUE = f"{BODY}.2.value"
FAULTS = [
    (small(version=2), "version: found 2; expected 1"),
    (small(more=1), "the program: found more; expected nothing of that name"),
    (at("buffers.0.shape", [64, 0]), "buffers[0].shape[1]: found 0; expected a whole number, at least 1"),
    (at("buffers.0.dtype", "float31"), 'buffers[0].dtype: found "float31"; expected a dtype'),
    (at("buffers.0.kind", "tensors"), "buffers[0]: found"),
    (at("buffers.0.param", 1), "variables[0].param: found 1 a second time"),
    (at("buffers.0.pad", {"var": 0}), "buffers[0].pad.var: found 0; expected the place of a variable"),
    (at("buffers.1.pad", 0), "buffers[1]: found pad; expected nothing of that name"),
    (at("buffers.2.of", 2), "buffers[2].of: found 2; expected the place of a buffer that is no view"),
    (at("buffers.2.offset", 1), "buffers[2]: found an end at bit 131104; expected at most the 131072"),
    (at("variables.1.dtype", "float32"), 'variables[1].dtype: found "float32"; expected an integer'),
    (at("launches.0.grid", [2, 1]), "launches[0].grid: found [2, 1]; expected the 3 extents"),
    (at("launches.0.indices", [2, None, None]), "launches[0].indices[0]: found 2 (k), a loop variable; expected a block one"),
    (at("launches.0.indices", [1, 1, None]), "launches[0].indices[1]: found 1 (bx), bound a second time"),
    (at(f"{BODY}.0.step", "copied"), "launches[0].body[0]: found"),
    (at(f"{BODY}.0.dst", ...), "launches[0].body[0]: found no dst; expected it"),
    (at(f"{BODY}.0.pad", 0), "launches[0].body[0]: found pad; expected nothing of that name"),
    (at(f"{BODY}.0.src", {"buffer": 3, "at": [], "shape": []}), "body[0].src.buffer: found 3; expected the place of a buffer, below 3"),
    (at(f"{BODY}.0.src", {"buffer": 2, "at": [0], "shape": [64]}), "body[0]: found extents [64] and [64, 64]; expected the same"),
    (at(f"{BODY}.0.src", {"buffer": 0, "at": [0], "shape": [64, 64]}), "body[0].src.at: found [0]; expected a list of 2, one each a dimension of A"),
    (at(f"{BODY}.0.src", {"buffer": 0, "at": [0, 0.5], "shape": [64, 64]}), "body[0].src.at[1]: found 0.5; expected an expression"),
    (at(f"{BODY}.0.src", {"buffer": 0, "at": [0, True], "shape": [64, 64]}), "body[0].src.at[1]: found a bool; expected an integer"),
    (at(f"{BODY}.1.loops.0.kind", "threads"), 'loops[0].kind: found "threads"; expected one of parallel'),
    (at(f"{BODY}.1.body.2", {"step": "barrier"}), "body[1].body[2]: found"),
    (at(f"{BODY}.1.body.0.value", 1), "body[1].body[0].value: found a int32; expected a float32"),
    (at(f"{BODY}.1.body.1.value", {"var": 2}), "body[1].body[1].value: found a int32; expected a float32"),
    (at(f"{BODY}.2.buffer", 0), "body[2].buffer: found 0 (A); expected scratch of one element"),
    (at(VALUE, {"var": 2}), "body[2].value.var: found 2 (k), which has no value here"),
    (at(VALUE, {"plus": [1, 1]}), 'body[2].value: found "plus"; expected an expression\'s kind'),
    (at(VALUE, {"add": [1]}), "body[2].value.add: found [1]; expected a list of 2 operands"),
    (at(VALUE, {"add": [1, True]}), "body[2].value.add: found operands of bool; expected one that has add"),
    (at(VALUE, {"add": [{"load": [0, 0, 0]}, 1]}), "body[2].value.add[0]: found a float32; expected int32"),
    (at(VALUE, {"select": [1, 1, 1]}), "body[2].value.select[0]: found a int32; expected a bool"),
    (at(VALUE, {"exp": [1]}), "body[2].value.exp: found operands of int32"),
    (at(VALUE, {"load": [0, 0]}), "body[2].value.load: found 1 indices; expected 2, the dimensions of A"),
    (at(VALUE, {"bits": ["float64", 1]}), "body[2].value.bits[1]: found a int32; expected a dtype of 64 bits"),
    (at(VALUE, {"int": [1, "int32"]}), "body[2].value.int[1]: found"),
    (at(VALUE, {"int": [256, "uint8"]}), "body[2].value.int[0]: found 256; expected 0 to 255, for uint8"),
    (at(VALUE, 2**31), "body[2].value: found 2147483648; expected an int32"),
    (at(VALUE, {"float": [1, "float32"]}), "body[2].value.float[0]: found 1; expected a number with a point"),
    (at(VALUE, {"float": [{"special": "INF"}, "float32"]}), "body[2].value.float[0]: found"),
    (at(f"{BODY}.3", {"step": "break"}), "body[3]: found break outside of a loop"),
    (at(f"{BODY}.3", {"step": "opaque", "op": "", "reason": "r", "reads": [], "writes": []}), "body[3].op: found"),
    (at(f"{BODY}.3", {"step": "opaque", "op": "o", "reason": "r", "reads": [0, 0], "writes": []}), "body[3].reads: found [0, 0]; expected each once"),
    (at(f"{BODY}.3", {"step": "reduce", "kind": "sum", "src": {"buffer": 0, "at": [0, 0], "shape": [64, 64]}, "dst": {"buffer": 0, "at": [0, 0], "shape": [64, 64]}, "axis": 1}), "body[3]: found extents [64] and [64, 64]"),
    (at(f"{BODY}.3", {"step": "gemm", **{k: {"buffer": 0, "at": [0, 0], "shape": [64, 32]} for k in "ab"}, "c": {"buffer": 0, "at": [0, 0], "shape": [64, 32]}}), "body[3]: found extents 32 and 64 for K; expected the same"),
    (at(f"{BODY}.3", {"step": "gemm", **{k: {"buffer": 2, "at": [0], "shape": [64]} for k in "abc"}}), "body[3].a: found 1 dimensions; expected at least 2"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_malformed_document_is_refused_with_its_place(document, message):
    p.Program.from_json(small())
    for given_as in (document, json.dumps(document)):
        with pytest.raises(ValueError, match=re.escape(message)):
            p.Program.from_json(given_as)


@pytest.mark.parametrize("document", [each for each, _ in FAULTS], ids=[each for _, each in FAULTS])
def test_the_library_refuses_what_python_does(document):
    assert _ffi_api.canonical_program(json.dumps(small())) == p.Program.from_json(small()).to_text()
    with pytest.raises(ValueError, match="found"):
        _ffi_api.canonical_program(json.dumps(document))


@pytest.mark.parametrize("value", [2**63 - 1, 2**63, 2**64 - 1])
def test_both_hold_all_of_uint64(value):
    text = json.dumps(at(VALUE, {"cast": ["int32", {"int": [value, "uint64"]}]}))
    assert _ffi_api.canonical_program(text) == p.Program.from_json(text).to_text()


@pytest.mark.parametrize("seed", range(40))
def test_the_library_takes_what_python_does(seed):
    text = Maker(random.Random(seed)).program().to_text()
    assert _ffi_api.canonical_program(text) == text


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"version":1}', "NaN", '{"version":1,"a":NaN}', "[" * 10**5]
)
def test_what_is_no_program_is_refused(text):
    with pytest.raises(ValueError, match="found"):
        p.Program.from_json(text)


def test_an_expression_may_be_deep_but_not_without_end():
    def nested(depth):
        value = {"var": 0}
        for _ in range(depth):
            value = {"add": [value, 1]}
        return at(VALUE, value)

    program = p.Program.from_json(nested(190))
    assert p.Program.from_json(program.to_text()) == program
    assert p.listing(program)
    assert p.dtype_of(program, program.launches[0].body[2].value) == "int32"
    for depth in (210, 30_000):
        with pytest.raises(ValueError, match=r"within more others|whole JSON"):
            p.Program.from_json(nested(depth))


WRONG = [None, True, -1, 10**20, 0.5, "", "float32", [], {}, [0], {"var": 0}, {"step": "copy"}]


def places(value, way=()):
    yield way
    items = value.items() if isinstance(value, dict) else enumerate(value)
    if isinstance(value, (dict, list)):
        for key, item in items:
            yield from (
                places(item, (*way, key)) if isinstance(item, (dict, list)) else [(*way, key)]
            )


@settings(max_examples=120)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_whatever_is_changed_in_a_document_it_is_read_or_a_value_error(data, seed):
    document = Maker(random.Random(seed)).program().to_json()
    way = data.draw(st.sampled_from([way for way in places(document) if way]))
    holder = document
    for part in way[:-1]:
        holder = holder[part]
    if data.draw(st.booleans()):
        holder[way[-1]] = copy.deepcopy(data.draw(st.sampled_from(WRONG)))
    else:
        del holder[way[-1]]
    fault = ""
    try:
        program = p.Program.from_json(document)
    except ValueError as error:
        fault = str(error)
    if fault:
        assert re.search("found .*; expected", fault, re.S)
    else:
        assert p.Program.from_json(program.to_text()) == program
        assert VALIDATOR.is_valid(json.loads(program.to_text()))
        assert p.listing(program)
