"""A plan's page in a real browser: it says what its JSON says, and a person can read it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, astuple, replace

import pytest
from kernels import gemm
from page_reading import (
    NARROW,
    WIDE,
    EveryPage,
    banks_of,
    cells_of,
    table,
    titles,
)
from policies import schedule

import tilelang.tt as tt
from tilelang.tt.bounds import RESOURCES, bounds_of
from tilelang.tt.program import Program, listing, spans

pytestmark = pytest.mark.needs("playwright")


def shared_plan(kernel):
    """The document of a plan whose blocks, 11 x 12, are boxes of 4 columns and 5 rows of cores,
    which share A and B; cores with fewer blocks than others among them."""
    spec = replace(tt.DeviceSpec.preset("n150"), grid_x=4, grid_y=5)
    document = tt.Plan.from_module(tt.infer_metadata(kernel, spec)).to_json()
    (attrs,) = document["functions"].values()
    shared = [("A", "x", 1), ("B", "y", 0)]
    plan = schedule((11, 12, 1), spec, "rectangular", shared=shared)
    for launch in (attrs, *attrs["tt_launches"]):
        launch.pop("tt_tiles_per_core", None)
        launch["tt_block_boxes"] = [list(astuple(box)) for box in plan.boxes]
        launch["tt_shared_reads"] = [asdict(each) for each in plan.shared_reads]
    attrs["tt_schedule_policy"] = "rectangular"
    attrs["tt_schedule_reason"] = "It was asked for."
    return document


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The path of each page, and its JSON."""
    from tilelang.tt.html.plan import render_plan

    folder = tmp_path_factory.mktemp("pages")
    plan = tt.Plan.from_module(tt.infer_metadata(gemm(1280, 1184, 256), "p150a")).to_json()
    (origin,) = plan["provenance"]["functions"].values()
    origin["arguments"] = {"M": "1280", "block": "64"}
    plan["provenance"]["kernel_file"] = "my_gemm.py"
    found = {}
    for name, document in (("plan", plan), ("shared", shared_plan(gemm(384, 352, 256)))):
        page = folder / f"{name}.html"
        page.write_text(render_plan(document))
        found[name] = (page, document)
    return found


def test_a_plans_page_is_headed_by_the_kernels_file_name_and_arguments(show):
    page, plan = show("plan")
    (name,) = plan["functions"]
    assert page.inner_text("h1") == f"my_gemm.py: {name}(M=1280, block=64) on blackhole"
    assert page.title() == f"Plan: {page.inner_text('h1')}"
    headings = page.eval_on_selector_all("h2", "all => all.map(e => e.innerText)")
    assert headings == ["Which core runs which blocks", "Where the pages live"]


def test_a_plans_page_has_the_figures_of_the_plan(show):
    page, plan = show("plan")
    (attrs,) = plan["functions"].values()
    tiles = attrs["tt_tiles_per_core"]
    assert page.inner_text("#tiles-1") == str(attrs["tt_num_tiles"]) == "1480"
    active = sum(count > 0 for _, count in tiles)
    assert page.inner_text("#active-1") == f"{active} of {attrs['tt_num_cores']}"
    device = plan["device"]
    grid = {"core_grid": (device["grid_x"], device["grid_y"]), "tiles_per_core": tiles}
    assert titles(page, ".grid > :not(.axis)") == list(cells_of(grid))
    rows = table(page, "#buffers-1")
    assert [row[0] for row in rows] == list(attrs["tt_buffers"])
    bars = []
    for row, buffer in zip(rows, attrs["tt_buffers"].values(), strict=True):
        accessor = buffer["tt_tensor_accessor_config"]
        assert row[1:] == [
            buffer["tt_role"],
            "x".join(map(str, buffer["tt_shape"])),
            "x".join(map(str, buffer["tt_padded_shape"])),
            buffer["tt_data_format"],
            *(str(accessor[key]) for key in ("num_pages", "page_size", "aligned_page_size")),
            buffer["tt_written_by"],
        ]
        bars += banks_of(accessor["num_pages"], accessor["num_banks"])
    assert titles(page, ".banks > span") == bars
    loads = [count for _, count in tiles if count]
    assert page.inner_text("#load-1") == f"{min(loads)} to {max(loads)}"
    program = Program.from_json(attrs["tt_program"])
    assert page.inner_text("#listing-1") == listing(program, *plan["functions"])
    assert table(page, "#arguments-1") == [
        [
            *(str(place), arg["name"], arg["dtype"], arg["kind"].replace("_", " ")),
            *(str(arg.get("value", "")), arg["meaning"]),
        ]
        for place, arg in enumerate(attrs["tt_runtime_args_schema"])
    ]
    page.click("summary")
    assert table(page, "#cores-1") == [
        [f"({core % device['grid_x']}, {core // device['grid_x']})"]
        + [str(figure) for figure in (count, start, start + count - 1)]
        for core, (start, count) in enumerate(tiles)
    ]


TOUCHED = [("A", "read"), ("B", "read"), ("C", "read"), ("C", "write")]


def test_blocks_a_core_are_one_number_where_all_have_as_many():
    from tilelang.tt.html.plan import render_plan

    plan = tt.Plan.from_module(tt.infer_metadata(gemm(64, 64, 64), "p150a")).to_json()
    assert re.findall(r'<b id="load-1">(.*?)</b>', render_plan(plan)) == ["1"]


@pytest.mark.parametrize(("width", "beside"), [(WIDE, True), (NARROW, False)])
def test_tables_stand_beside_one_another_where_there_is_room(show, width, beside):
    page, _ = show("plan", width)
    first, second = (page.locator(id).bounding_box() for id in ("#traffic-1", "#limits-1"))
    assert (second["x"] > first["x"] + first["width"]) == beside
    assert (second["y"] > first["y"] + first["height"]) != beside


@pytest.mark.parametrize("name", ["plan", "shared"])
def test_in_a_narrow_window_a_row_is_of_two_lines_at_most(show, name):
    """What is beyond the window's edge makes no row tall, since it can't be seen why."""
    page, _ = show(name, NARROW)
    heights = page.eval_on_selector_all(
        ".wide tr:has(td)", "all => all.map(e => e.getBoundingClientRect().height)"
    )
    line = min(height for height in heights if height)  # those that are folded have none
    assert max(heights) < 1.9 * line


def test_a_plans_page_says_what_each_block_touches(show):
    page, document = show("plan")
    plan = tt.Plan.from_text(json.dumps(document), "plan")
    (name,) = document["functions"]
    schedule = plan.schedule(name)
    shown = [title for title, _ in titles(page, ".blocks > span")]
    assert len(shown) == schedule.num_tiles == 1480
    assert [int(said.split()[1]) for said in shown] == list(range(1480))
    for number in range(0, 1480, 59):
        x, y = schedule.core_of_tile(number)
        place = f"block {number} ({number % 37}, {number // 37}, 0) on core ({x}, {y})"
        touched = plan.pages(name, number)
        assert shown[number].split("; ")[0] == place
        for said, (buffer, mode) in zip(
            shown[number].split("; ")[1:],
            TOUCHED,
            strict=True,
        ):
            assert said.startswith(f"{buffer}: {mode}s {spans(touched[buffer][mode].ids)[:80]}")
        core = page.get_attribute(f".blocks > span:nth-child({number + 1})", "data-core")
        assert int(core) == y * document["device"]["grid_x"] + x


def test_a_plans_page_adds_up_what_blocks_touch(show):
    """A GEMM of 37 x 40 blocks of one tile, 8 tiles deep: each reads its row of A,
    its column of B, and C, to which it adds."""
    page, _ = show("plan")
    assert table(page, "#traffic-1") == [
        ["A", "320", str(1480 * 8), "37", "0", "23.1 MiB", "0.0 %"],
        ["B", "296", str(1480 * 8), "40", "0", "23.1 MiB", "0.0 %"],
        ["C", "1480", "1480", "1", "1480", "5.78 MiB", "0.0 %"],
    ]
    assert page.inner_text("#bytes-1") == "52 MiB"


def test_a_plans_page_says_what_limits_it(show):
    page, document = show("plan")
    plan = tt.Plan.from_text(json.dumps(document), "plan")
    (name,) = plan.functions
    found = bounds_of(plan.program(name), plan.buffers(name), plan.schedule(name), plan.device)
    rows = table(page, "#limits-1")
    assert [row[:2] for row in rows] == [
        [RESOURCES[resource], str(cycles)] for resource, cycles in found.cycles.items()
    ]
    assert found.wall == "noc0"
    assert [row[2] for row in rows if row[0] == "NoC 0"] == ["100 %"]
    assert page.inner_text("#least-1") == f"{found.microseconds:.3g} µs"


def test_a_plans_page_says_what_cores_read_together(show):
    page, _ = show("shared")
    rule = "rectangular, row_major: boxes of up to 3x3x1 blocks"
    assert page.inner_text("#rule-1") == f"Policy: {rule}. It was asked for."
    assert page.eval_on_selector_all("#shared-1 > li", "all => all.map(e => e.innerText)") == [
        "A: read by core (0, y) of each row, multicast to the 3 others of its row over NoC 1",
        "B: read by core (x, 0) of each column, multicast to the 4 others of its column over NoC 0",
    ]
    assert page.inner_text("#imbalance-1") == f"{9 * 20 / 132:.2f} times"
    cells = titles(page, ".grid > :not(.axis)")
    assert cells[0] == ["core (0, 0): blocks (0, 0, 0) to (2, 2, 0)", "9"]
    assert cells[-1] == ["core (3, 4): blocks (9, 10, 0) to (10, 11, 0)", "4"]
    # Three turns of a sender for each of its rows or columns, of 8 tiles each, the repeated ones too.
    assert [row[:4] for row in table(page, "#traffic-1")] == [
        ["A", "96", str(5 * 9 * 8), "3.75"],
        ["B", "88", str(4 * 9 * 8), "3.27"],
        ["C", "132", str(20 * 9), "1.36"],
    ]
    block = next(said for said, _ in titles(page, ".blocks > span") if said.startswith("block 131"))
    assert block.startswith("block 131 (10, 11, 0) on core (3, 4); A: reads 88-95;")
    page.click("summary")
    assert table(page, "#cores-1")[0] == ["(0, 0)", "9", "0", "24", "blocks (0, 0, 0) to (2, 2, 0)"]


def test_the_block_that_is_pointed_at_is_told_and_its_cores_others_are_outlined(show):
    page, _ = show("plan")
    shown = [title for title, _ in titles(page, ".blocks > span")]
    page.focus(".blocks")
    for key, number in (("ArrowRight", 1), ("ArrowDown", 38), ("ArrowUp", 1), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert page.inner_text("#block-1") == shown[number]
    page.hover(".blocks > span:nth-child(75)")
    assert page.inner_text("#block-1") == shown[74]
    same = page.eval_on_selector_all(".blocks > .same", "all => all.map(e => e.title)")
    core = shown[74].split("; ")[0].partition(" on ")[2]
    assert same == [said for said in shown if f" on {core};" in said]


def lit(page, kind):
    """The pages that are lit up, by tensor: what the outlines of its picture go around."""
    columns = page.eval_on_selector_all(
        "#tensors-1 svg", "all => all.map(e => e.viewBox.baseVal.width)"
    )
    drawn = page.eval_on_selector_all(
        f"#tensors-1 .{kind}", "all => all.map(e => e.getAttribute('d') ?? '')"
    )
    return {
        name: {
            int(row) * int(width) + int(column) + at
            for column, row, wide in re.findall(r"M(\d+) (\d+)h(\d+)", path)
            for at in range(int(wide))
        }
        for name, width, path in zip("ABC", columns, drawn, strict=True)
    }


def test_a_step_that_is_chosen_lights_up_the_pages_it_touches_of_the_chosen_block(show):
    """A GEMM of 37 x 40 blocks of one tile, 8 tiles deep. Block 200 is (15, 5)."""
    page, document = show("plan")
    page.click(".blocks > span:nth-child(201)")
    block = tt.Plan.from_text(json.dumps(document), "plan").pages("gemm", 200)
    whole = {
        name: {id for each in modes.values() for id in each.ids} for name, modes in block.items()
    }
    assert lit(page, "touched") == whole
    assert page.inner_text("#step-1") == "No step is chosen."
    # By keys: after the blocks comes what can be scrolled, then the first step, and arrows go on.
    page.focus(".blocks")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert lit(page, "read") == {"A": set(), "B": set(), "C": set()}
    assert lit(page, "write") == {"A": set(), "B": set(), "C": {200}}
    page.keyboard.press("ArrowDown")
    row, column = set(range(40, 48)), set(range(15, 8 * 37, 37))
    assert lit(page, "read") == {"A": row, "B": column, "C": {200}} == whole
    assert lit(page, "write") == {"A": set(), "B": set(), "C": {200}}
    said = page.inner_text("#step-1")
    assert page.inner_text(".step[aria-current]").split() == said.partition(", of ")[0].split()
    assert said.endswith(
        f", of block 200: reads A: 40-47; reads B: {spans(sorted(column))}; reads C: 200; "
        "writes C: 200"
    )
    assert page.get_attribute("#step-1", "aria-live") == "polite"
    # Of another block, other pages; the step stays chosen until another is, or Escape.
    page.hover(".blocks > span:nth-child(1)")
    assert lit(page, "read")["A"] == set(range(8))
    page.hover("h1")
    assert lit(page, "read")["A"] == row
    page.focus(".step[aria-current]")
    page.keyboard.press("Escape")
    assert lit(page, "read") == {"A": set(), "B": set(), "C": set()}


def test_a_step_that_is_pointed_at_is_told_in_the_chosen_ones_place(show):
    page, _ = show("plan")
    page.click(".step >> nth=1")
    chosen = page.inner_text("#step-1")
    page.hover(".step >> nth=0")
    assert page.inner_text("#step-1").endswith(", of block 0: writes C: 0")
    assert page.inner_text(".step[aria-current]") == page.inner_text(".step >> nth=1")
    page.hover("h1")
    assert page.inner_text("#step-1") == chosen
    assert page.get_attribute(".step >> nth=1", "title") == "reads A, B, C, writes C"


class TestEveryPage(EveryPage):
    pages = ("plan", "shared")
