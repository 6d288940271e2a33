"""What is generated is text that a person reads: the golden texts, and what holds for all of them."""

from __future__ import annotations

import re
from dataclasses import replace

import golden_texts
import kernel_list
import pytest
from tile_builder import Builder
from tile_kernels import flash_attention, gemm, norm, softmax

from tilelang.tt import DeviceSpec, describe
from tilelang.tt.codegen.emit import sources
from tilelang.tt.codegen.export import export
from tilelang.tt.codegen.fuse import FUSIONS
from tilelang.tt.codegen.generate import generate, generate_all
from tilelang.tt.codegen.names import Namer
from tilelang.tt.program import Program

EVERY = golden_texts.EVERY


@pytest.mark.parametrize("name", golden_texts.NAMES)
def test_the_text_of_a_kernel_is_the_golden_one(name):
    kept = golden_texts.path(name).read_text()
    assert golden_texts.text(name) == kept, "if it is meant, 'make golden' renews it"


@pytest.mark.parametrize("name", EVERY)
def test_no_line_is_too_long_and_no_name_unused(name):
    for role, text in golden_texts.texts(EVERY[name], name):
        for line in text.splitlines():
            assert len(line) <= 110, f"{role}: {line}"
        declared = re.findall(r"^ *(?:constexpr|const) (?:u?int32_t|auto) (\w+) =", text, re.M)
        for each in declared:
            if each in ("first_block", "block_count"):
                continue
            assert len(re.findall(rf"\b{each}\b", text)) > 1, f"{role}: {each} is not used"


@pytest.mark.parametrize("name", EVERY)
def test_every_step_stands_in_some_kernel_under_its_listing(name):
    texts = "\n".join(text for _, text in golden_texts.texts(EVERY[name], name))
    for step in ("T.gemm", "T.copy", "T.reduce_sum", "T.reduce_max"):
        listed = golden_texts.listing_of(EVERY[name], name).count(step)
        assert (texts.count(f"// {step}") + texts.count(f"//     {step}") > 0) == (listed > 0)


TWINS = {
    "gemm": (gemm(256, 256, 128), gemm(100, 70, 80)),
    "gemm, batches": (gemm(64, 64, 64, batch=2), gemm(128, 96, 40, batch=7)),
    "gemm, transposed": (gemm(64, 64, 64, ta=True), gemm(160, 96, 40, ta=True)),
    "rms norm": (norm(64, 128, False), norm(96, 128, False, eps=1e-3)),
    "softmax": (softmax(64, 128), softmax(50, 128)),
    "attention": (
        flash_attention(1, 2, 128, 64, True),
        flash_attention(2, 5, 192, 64, True),
    ),
    "attention, several blocks a core": (
        flash_attention(3, 5, 512, 64, True),
        flash_attention(4, 8, 256, 64, True),
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_two_sizes_have_one_text(name):
    one, other = (sources(golden_texts.plan(program, "kernel")) for program in TWINS[name])
    assert one == other


def _renamed(program: Program) -> Program:
    buffers = tuple(replace(b, name=f"n{i}") for i, b in enumerate(program.buffers))
    variables = tuple(replace(v, name=f"v{i}") for i, v in enumerate(program.variables))
    return replace(program, buffers=buffers, variables=variables)


def test_names_are_labels_and_decide_nothing():
    program = kernel_list.VECTOR["attention_causal"]
    one = golden_texts.plan(program, "kernel")
    other = golden_texts.plan(_renamed(program), "kernel")
    shape = [(b.format, b.pages, b.producer, b.consumer) for b in one.buffers]
    assert shape == [(b.format, b.pages, b.producer, b.consumer) for b in other.buffers]
    assert [a.kind for a in one.arguments["compute"]] == [
        a.kind for a in other.arguments["compute"]
    ]


def test_names_that_cpp_keeps_for_itself_are_changed():
    program = kernel_list.LIST["copy"]
    buffers = tuple(
        replace(b, name=name)
        for b, name in zip(program.buffers, ("float", "row", "9 lives"), strict=True)
    )
    text = sources(golden_texts.plan(replace(program, buffers=buffers), "kernel"))["reader"]
    assert "float_1" in text
    assert "x_9_lives" in text


@pytest.mark.parametrize("without", sorted(FUSIONS))
def test_a_fusion_that_is_switched_off_leaves_its_steps(without):
    program = kernel_list.LIST["gemm"]
    fused = golden_texts.plan(program, "kernel")
    plain = golden_texts.plan(program, "kernel", fusions=FUSIONS - {without})
    assert without not in plain.fusions
    assert sources(plain) != sources(fused)


def test_constants_and_addresses_and_a_cores_own_are_classes_of_arguments():
    plan = golden_texts.plan(kernel_list.VECTOR["vector"], "kernel")
    kinds = {each.name: each.kind for each in plan.arguments["compute"]}
    assert kinds == {"first_block": "per core", "block_count": "per core", "s": "scalar"}
    reader = {each.name: each.kind for each in plan.arguments["reader"]}
    assert reader["X_address"] == "address"
    assert reader["X_columns"] == "extent"
    assert reader["X_at"] == "constant"


def test_the_writer_begins_with_the_first_rows_of_a_large_block():
    """Compute hands on what is one row of parts of DST, and the writer takes as much."""
    made = sources(golden_texts.plan(kernel_list.LIST["gemm_large_blocks"], "kernel"))
    compute = made["compute"]
    first, last = compute.index("cb_reserve_back(C_local"), compute.index("cb_push_back(C_local")
    assert compute.index("row += C_local_sub_down") < first < last < compute.index("cb_pop_front")
    # Half of the columns are the writer's, and half the reader's.
    for role, buffer in (("writer", "C_local"), ("reader", "C_local_by_reader")):
        for text in (compute, made[role]):
            assert f"constexpr uint32_t {buffer}_row_tiles = 2;" in text or (
                f"constexpr uint32_t {buffer}_part_tiles = 2;" in text
            )
            assert f"{buffer}_tiles" not in text


def _on(cores, name, l1=None):
    """The plan of a kernel of the list on so many cores, of which each has so much L1."""
    program = kernel_list.LIST[name]
    device = replace(DeviceSpec.preset("n150"), grid_x=cores, grid_y=1)
    device = device if l1 is None else replace(device, l1_bank_size=l1)
    schedule = describe.schedule_tiles(program.launches[0].grid, device)
    return generate(program, schedule, device, name)


def test_a_core_of_several_blocks_has_room_for_the_operands_of_the_next_one():
    several = _on(2, "gemm")
    # Where L1 has no room for them, they wait.
    little = _on(2, "gemm", l1=several.l1_bytes - 1)
    assert sources(little) == sources(several)
    rooms = [{each.name: each.blocks for each in plan.buffers} for plan in (little, several)]
    assert rooms[0] == {"A_shared": 4, "B_shared": 4, "C_local": 2}
    assert rooms[1] == {"A_shared": 8, "B_shared": 8, "C_local": 2}
    alone = {each.name: each.blocks for each in _on(6, "gemm").buffers}
    assert alone == {**rooms[0], "C_local_by_reader": 2}


def test_a_row_that_is_spread_is_float32():
    """Of a bfloat16 row, spreading it in float32 DST makes something else: MOVB2D writes 16 bits."""
    plan = golden_texts.plan(kernel_list.VECTOR["gemm_bias_relu"], "kernel")
    formats = {each.name: (each.format, each.producer) for each in plan.buffers}
    assert formats["bias_shared_in"] == ("bfloat16", "reader")
    assert formats["bias_shared"] == ("float32", "compute")
    assert "load_row(bias_shared, " in sources(plan)["compute"]


def test_what_only_one_way_uses_is_waited_for_before_it_is_popped():
    """The reader fills x whichever way is taken, so the way that doesn't use it pops it."""
    b = Builder()
    X, Y = b.tensor("X", (64, 64)), b.tensor("Y", (64, 64))
    x, y = b.shared("x", (32, 64)), b.scratch("y", (32, 64))
    with b.launch(2, "bx") as bx:
        b.copy(X.at(bx * 32, 0).of(32, 64), x)
        b.fill(y, 1.0)
        with b.when(bx > 0), b.map(i=32, j=64) as (i, j):
            b.store(y[i, j], x[i, j])
        b.copy(y, Y.at(bx * 32, 0).of(32, 64))
    text = sources(golden_texts.plan(b.program(), "kernel"))["compute"]
    other_way = text[text.index("} else {") :]
    assert "cb_wait_front(x, x_tiles);\n            cb_pop_front(x, x_tiles);" in other_way


def test_two_reads_of_one_buffer_have_names_of_their_own():
    b = Builder()
    X, Y, Z = (b.tensor(name, (64, 64)) for name in "XYZ")
    x = b.shared("x", (32, 64))
    with b.launch(2, "bx") as bx:
        for target in (Y, Z):
            b.copy(X.at(bx * 32, 0).of(32, 64), x)
            b.copy(x, target.at(bx * 32, 0).of(32, 64))
    text = sources(golden_texts.plan(b.program(), "kernel"))["reader"]
    assert text.count("const Window x_window = ") == text.count("const Window x_window_2 = ") == 1


def test_a_constant_is_rounded_to_its_dtype():
    made = kernel_list.elementwise(
        64, 64, lambda a: a * 0.1, dtype="bfloat16", inputs=1, direct=False
    )
    plan = golden_texts.plan(made, "kernel")
    (number,) = [a for a in plan.arguments["compute"] if a.kind == "constant"]
    assert number.value == 0.10009765625


def test_what_a_product_takes_in_beyond_an_edge_is_made_zero_where_it_may_be_something_else():
    b = Builder()
    A, C = b.tensor("A", (50, 50), pad=1.0), b.tensor("C", (50, 50))
    a, c = b.shared("a", (50, 50)), b.scratch("c", (50, 50))
    with b.launch(1):
        b.copy(A, a)
        b.gemm(a, a, c, clear=True)
        b.copy(c, C)
    plan = golden_texts.plan(b.program(), "kernel")
    assert {"a_columns_mask", "a_masked"} <= {each.name for each in plan.buffers}
    assert kernel_list.LIST["gemm_ragged_deep"]
    plain = golden_texts.plan(kernel_list.LIST["gemm_ragged_deep"], "kernel")
    assert not [each.name for each in plain.buffers if each.name.endswith("mask")]


def test_names_that_headers_have_or_that_kernels_call_are_taken_by_nobody_else():
    program = kernel_list.LIST["copy"]
    buffers = tuple(
        replace(b, name=name)
        for b, name in zip(program.buffers, ("copy_tile", "cb_wait_front", "y1"), strict=True)
    )
    text = sources(golden_texts.plan(replace(program, buffers=buffers), "kernel"))["reader"]
    assert "x_copy_tile_1" in text
    assert "    constexpr uint32_t y1 = 0;" in text


def test_what_a_text_defines_or_declares_by_is_no_buffers_name():
    """Helpers and structs before kernel_main, and the types of what is declared in it."""
    of_its_own = set()
    for golden in golden_texts.FOLDER.glob("*.txt"):
        text = golden.read_text()
        of_its_own |= {*re.findall(r"^(?:inline|ALWI) \w+ (\w+)\(|^struct (\w+)", text, re.M)}
        of_its_own |= {("", kind) for kind in re.findall(r"\b\w+_t\b|\bTensorAccessor\w*", text)}
    names = {one or other for one, other in of_its_own}
    assert names >= {"place_after", "read_tiles_to", "Window", "uint32_t", "TensorAccessor"}
    assert [name for name in sorted(names) if Namer().name(name) == name] == []


def test_a_program_of_several_launches_has_a_plan_for_each():
    device = DeviceSpec.preset("n150")
    program = kernel_list.VECTOR["norm_then_gemm"]
    schedules = [describe.schedule_tiles(launch.grid, device) for launch in program.launches]
    first, second = generate_all(program, schedules, device, "kernel")
    assert (first.function, second.function) == ("kernel, launch 0", "kernel, launch 1")
    assert (first.launch, second.launch) == (0, 1)
    assert [first.program.buffers[id].name for id in first.accessors["writer"]] == ["Y"]
    assert "launches[1].body" in repr(second.kernels)
    assert {*export((first, second))} == {
        *(f"launch_{n}/{role}.cpp" for n in (0, 1) for role in ("reader", "compute", "writer")),
        *("launch_0/kernel.json", "launch_1/kernel.json", "host.py"),
    }
    with pytest.raises(ValueError, match="found 2 launches; expected launch= one of 0 to 1"):
        generate(program, schedules[0], device)
    with pytest.raises(ValueError, match="found 1 schedules; expected 2"):
        generate_all(program, schedules[:1], device)


def test_what_simulators_lack_is_known_to_the_stand_in_compiler_alone():
    """So it never reaches the build of a card, whose kernels are SFPI's: neither by a define that a
    host gives, nor by a program that was written out."""
    from pathlib import Path

    import tilelang.tt

    package = Path(tilelang.tt.__file__).parent
    texts = [path for kind in ("*.py", "*.h", "*.j2") for path in package.rglob(kind)]
    named = [path for path in texts if "DISABLE_SFPLOADMACRO" in path.read_text()]
    assert [str(path.relative_to(package)) for path in named] == ["runtime/compiler/clang.py"]
    given = [path for path in texts if "defines=" in path.read_text()]
    assert not [path for path in given if path.parent.name in ("runtime", "templates")]


def test_a_tensor_that_is_only_written_has_no_pad_among_arguments():
    b = Builder()
    X, Y = b.tensor("X", (32, 32), pad=2.0), b.tensor("Y", (32, 32), pad=1.5)
    x = b.scratch("x", (32, 32))
    with b.launch(1):
        b.copy(X, x)
        b.copy(x, Y)
    plan = golden_texts.plan(b.program(), "kernel")
    names = {role: [each.name for each in plan.arguments[role]] for role in ("reader", "writer")}
    assert "X_pad" in names["reader"]
    assert "Y_pad" not in names["writer"]
