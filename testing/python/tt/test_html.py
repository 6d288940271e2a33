"""The pages in a real browser: they say what their JSON says, and a person can read them."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import asdict, astuple, replace

import pytest
from kernels import gemm
from policies import schedule

import tilelang.tt as tt
from tilelang.tt.bounds import RESOURCES, bounds_of
from tilelang.tt.describe import describe_tensor, schedule_tiles
from tilelang.tt.program import Program, listing, spans

pytestmark = [pytest.mark.needs("playwright"), pytest.mark.needs("wolfpine")]

PAGES = ["plan", "shared", "proven", "disproved"]
NARROW, WIDE = 400, 1600
NONE = "\N{EN DASH}"


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
    from tilelang.tt.runtime.backends.devices import open_device
    from tilelang.tt.validate import report
    from tilelang.tt.validate.cases import Case, Kernel, of_plan
    from tilelang.tt.validate.harness import validate
    from tilelang.tt.validate.results.cases import gemm_gelu

    folder = tmp_path_factory.mktemp("pages")
    gelu = gemm_gelu()
    kernel = gemm(1280, 1184, 256)
    plan = tt.Plan.from_module(tt.infer_metadata(kernel, "p150a")).to_json()
    (folder / "plan.html").write_text(render_plan(plan))
    together = shared_plan(gemm(384, 352, 256))
    (folder / "shared.html").write_text(render_plan(together))
    found = {
        "plan": (folder / "plan.html", plan),
        "shared": (folder / "shared.html", together),
    }
    with open_device("wolfpine", "wormhole", grid=(4, 5)) as session:  # each core costs its start
        cases = of_plan(tt.Plan.from_module(tt.infer_metadata(gemm(96, 160, 64), session.spec)))
        right = describe_tensor("X", (160, 224), "bfloat16", session.spec)
        wrong = replace(right, accessor=replace(right.accessor, num_banks=11))
        table = [Case("X", "table", buffer=right), Case("wrong", "plan", buffer=wrong)]
        table.append(Case("25 tiles", "kernels", schedule=schedule_tiles([25], session.spec)))
        schedules = tuple(schedule_tiles(launch.grid, session.spec) for launch in gelu.launches)
        table.append(Case("gelu", "kernels", kernel=Kernel("gelu", gelu, schedules)))
        for name, proven in (("proven", cases), ("disproved", table)):
            page = report.write(validate(session, proven), folder / name)
            found[name] = (page, json.loads(page.with_name("report.json").read_text()))
    return found


@pytest.fixture(scope="module")
def browser(root):
    from playwright.sync_api import sync_playwright

    search = subprocess.run([root / "ci" / "find_browser.sh"], capture_output=True, text=True)
    assert search.returncode == 0, search.stderr  # never a skip: the lane is to have one
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=search.stdout.strip(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, documents):
    """Opens a page, and then holds what it asked for and complained of against nothing at all."""
    contexts, trouble = [], []

    def show(name, width=WIDE, scheme="light"):
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
            )
        )
        page = contexts[-1].new_page()
        path, document = documents[name]
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url == path.as_uri()
                or request.url.startswith("data:")
                or trouble.append(f"asked for {request.url}")
            ),
        )
        page.goto(path.as_uri())
        return page, document

    yield show
    for context in contexts:
        context.close()
    assert trouble == []


def table(page, selector):
    """The cells of a table's rows, without its headings."""
    return page.eval_on_selector_all(
        f"{selector} tr:has(td)",
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))",
    )


def titles(page, selector):
    """The tooltip and the text of each element."""
    return page.eval_on_selector_all(selector, "all => all.map(e => [e.title, e.innerText.trim()])")


def cells_of(schedule_json):
    """What the cells of a core grid have to say."""
    (width, _), tiles = schedule_json["core_grid"], schedule_json["tiles_per_core"]
    for core, (start, count) in enumerate(tiles):
        held = f"blocks {start} to {start + count - 1}" if count else "idle"
        yield [f"core ({core % width}, {core // width}): {held}", str(count or "")]


def banks_of(pages, banks):
    """What the bars of a tensor's banks have to say."""
    for bank in range(banks):
        count = len(range(bank, pages, banks))
        yield [f"bank {bank}: {count} pages, {bank} and each {banks}th after", str(count)]


# What they say -----------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["proven", "disproved"])
def test_a_reports_page_has_the_figures_of_the_report(show, name):
    page, report = show(name)
    totals = report["totals"]
    for figure in ("proven", "disproved", "unchecked", "checks"):
        assert page.inner_text(f"#{figure}") == str(totals[figure]), figure
    made_wrong = totals["rejected"] + totals["unnoticed"]
    assert page.inner_text("#rejected") == f"{totals['rejected']} of {made_wrong}"
    heading = page.inner_text("h1")
    assert heading.startswith("Proven" if name == "proven" else "Not proven")

    verdicts = [
        (level, case["name"], found)
        for case in report["cases"]
        for level, found in case["levels"].items()
    ]
    expected = []
    for level, claim in report["levels"].items():
        found = [verdict for at, _, verdict in verdicts if at == level]
        outcomes = [verdict["outcome"] for verdict in found]
        counts = [outcomes.count(kind) for kind in ("proven", "disproved", "unchecked")]
        checked = sum(verdict.get("checked", 0) for verdict in found)
        expected.append([_named(report, level), claim, *map(str, (*counts, checked))])
    assert table(page, "#levels") == expected

    differences = [
        [
            case,
            _named(report, level),
            *(found["difference"][key] for key in ("what", "expected", "found")),
        ]
        for level, case, found in verdicts
        if found["outcome"] == "disproved"
    ]
    assert table(page, "#failures") == differences
    assert bool(differences) == (name == "disproved")


def _named(report, level):
    return f"{report['level_names'][level]} ({level})"


def test_a_reports_page_says_in_a_sentence_what_was_proven_of_which_kernel(show):
    page, report = show("proven")
    (kernel,) = [
        case["kernel"] for case in report["cases"] if case["group"] == "plan" and "kernel" in case
    ]
    digest = kernel["digest"][: len("sha256:") + 12]
    assert page.inner_text("#sentence") == (
        f"Of gemm (program {digest}), on {report['backend']['version']}: each page of 3 tensors lies where it "
        "was predicted and each block runs on the core that its schedule names."
    )
    assert [page.inner_text(".unchecked")] == [
        "Of gemm: kernel, result (E7) was not checked: "
        + next(c["levels"]["E7"]["reason"] for c in report["cases"] if "E7" in c["levels"])
        + "."
    ]


def test_a_reports_page_says_in_a_sentence_how_much_did_not_hold(show):
    page, report = show("disproved")
    totals = report["totals"]
    of = totals["proven"] + totals["disproved"]
    assert page.inner_text("#sentence") == (
        f"{totals['disproved']} claims of {of} about the 4 cases below did not hold on "
        f"{report['backend']['version']}."
    )


def test_a_reports_page_has_the_cases_first_and_what_was_made_wrong_folded(show):
    page, _ = show("proven")
    headings = page.eval_on_selector_all("h2", "all => all.map(e => e.innerText)")
    assert headings[0] == "The cases"
    assert not page.is_visible("#controls")
    page.click("#wrong > summary")
    assert page.is_visible("#controls")


def test_a_reports_page_draws_the_error_of_each_element_and_where_the_largest_is(show):
    page, report = show("disproved")
    results = [result for case in report["cases"] for result in case.get("results", ())]
    kinds = [result["kind"] for result in results]
    assert kinds == ["mixed", "positive", "cancelling", "mixed", "mixed"]  # two of controls
    drawn = page.query_selector_all(".errors")
    assert len(drawn) == len(results)
    for figure, result in zip(drawn, results, strict=True):
        cells = {}
        for path in figure.query_selector_all("path"):
            name = path.get_attribute("class")
            for x, y, count in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.get_attribute("d")):
                cells |= {(int(y), int(x) + i): name for i in range(int(count))}
        picture = result["picture"]
        assert cells == {
            (y, x): _class(used)
            for y, row in enumerate(picture["cells"])
            for x, used in enumerate(row)
        }
        worst = max(used for row in picture["cells"] for used in row)
        assert worst == pytest.approx(result["used"], rel=0.01)
        row, column = result["at"]
        assert picture["cells"][row // picture["down"]][column // picture["across"]] == worst
        box, ring = (
            figure.query_selector("svg").bounding_box(),
            figure.query_selector("circle").bounding_box(),
        )
        for start, size, extent, at in (
            ("x", "width", "columns", column),
            ("y", "height", "rows", row),
        ):
            place = ring[start] + ring[size] / 2 - box[start]
            assert place == pytest.approx(box[size] * (at + 0.5) / picture[extent], abs=1)
        said = figure.query_selector("figcaption").inner_text()
        assert said.startswith(
            f"{result['output']} on {result['kind']} numbers: {100 * result['used']:.0f} % of its bound"
        )


def _class(used):
    classes = ((0, "u0"), (0.25, "u1"), (0.5, "u2"), (0.75, "u3"), (1, "u4"), (1e9, "wrong"))
    return "none" if used is None else next(name for most, name in classes if used <= most)


def _size(case):
    """Of a tensor its pages, of a schedule its blocks, of a kernel nothing."""
    if "tensor" in case:
        return str(case["tensor"]["pages"])
    return str(case["schedule"]["tiles"]) if "schedule" in case else ""


@pytest.mark.parametrize("name", ["proven", "disproved"])
def test_a_reports_page_has_every_case_and_every_control(show, name):
    page, report = show(name)
    signs = {"proven": "✓", "disproved": "✗", "unchecked": NONE}
    rows = []
    for case in report["cases"]:
        found = [case["levels"].get(level) for level in report["levels"]]
        outcomes = [control["outcome"] for control in case["controls"]]
        rejected, unnoticed = outcomes.count("rejected"), outcomes.count("unnoticed")
        rows.append(
            [
                case["name"],
                case["group"],
                _size(case),
                *(signs[verdict["outcome"]] if verdict else "" for verdict in found),
                f"{rejected} of {rejected + unnoticed}" if outcomes else "",
            ]
        )
    assert table(page, "#cases") == rows

    page.click("#wrong > summary")
    controls = [control for case in report["cases"] for control in case["controls"]]
    for mutation, *cells in table(page, "#controls"):
        for level, cell in zip(report["levels"], cells, strict=True):
            outcomes = [
                control["outcome"]
                for control in controls
                if (control["level"], control["mutation"]) == (level, mutation)
            ]
            rejected, unnoticed = outcomes.count("rejected"), outcomes.count("unnoticed")
            all_of_them = rejected + unnoticed
            nothing = "no effect" if outcomes else ""
            assert cell == (f"{rejected} of {all_of_them}" if all_of_them else nothing), mutation
    assert {row[0] for row in table(page, "#controls")} == {c["mutation"] for c in controls}


def test_a_reports_page_draws_the_schedules_and_tensors_of_kernels(show):
    page, report = show("proven")
    kernels = [case for case in report["cases"] if case["group"] != "controls"]
    drawn = [case["schedule"] for case in kernels if "schedule" in case]
    assert titles(page, ".grid > :not(.axis)") == [
        cell for schedule in drawn for cell in cells_of(schedule)
    ]
    tensors = [case["tensor"] for case in kernels if "tensor" in case]
    assert titles(page, ".banks > span") == [
        bar for tensor in tensors for bar in banks_of(tensor["pages"], tensor["banks"])
    ]
    device = report["device"]
    page.click("summary:has-text('Where the banks are')")
    banks = table(page, "#banks")
    assert [row[1] for row in banks] == [f"({x}, {y})" for x, y in device["dram_cores"]]
    assert [row[2] for row in banks] == [f"({x}, {y})" for x, y in device["dram_cores_noc1"]]
    assert [int(row[3], 0) for row in banks] == device["dram_offsets"]


# That one can read them ---------------------------------------------------------------------


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(show, name, scheme, width):
    """Contrast, headings, tables and language, by the rules of axe."""
    from axe_playwright_python.sync_playwright import Axe

    page, _ = show(name, width, scheme)
    # axe can't judge text on a gradient, which here are the shadows of what can be scrolled.
    page.add_style_tag(content=".wide { background: none }")
    results = Axe().run(page)
    assert "gradient" not in str(results.response["incomplete"])
    assert results.violations_count == 0, results.generate_report()
    checked = {rule["id"] for rule in results.response["passes"]}
    assert {"color-contrast", "document-title", "html-has-lang"} <= checked
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 29)"}[scheme]


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window(show, name, width):
    """Only what is marked as wide scrolls by itself, and at 1600 pixels nothing has to."""
    page, _ = show(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    scrolling = page.eval_on_selector_all(
        ".wide", "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert scrolling == 0 or width == NARROW
    smallest = page.eval_on_selector_all(
        "body *",
        "all => Math.min(...all.filter(e => e.innerText && !e.children.length)"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))",
    )
    assert smallest >= 10
    cut = page.eval_on_selector_all(
        "body *:not(.wide)",
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 && !e.closest('.wide')"
        " && getComputedStyle(e).display != 'inline').map(e => e.outerHTML.slice(0, 80))",
    )
    assert cut == []
