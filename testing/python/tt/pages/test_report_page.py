"""A report's page in a real browser: it says what its JSON says, and a person can read it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from kernels import gemm
from page_reading import (
    NONE,
    EveryPage,
    banks_of,
    cells_of,
    table,
    titles,
)

import tilelang.tt as tt
from tilelang.tt.describe import describe_tensor, schedule_tiles

pytestmark = [pytest.mark.needs("playwright"), pytest.mark.needs("wolfpine")]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The path of each page, and its JSON."""
    from tilelang.tt.runtime.backends.devices import open_device
    from tilelang.tt.validate import report
    from tilelang.tt.validate.cases import Case, Kernel, of_plan
    from tilelang.tt.validate.harness import validate
    from tilelang.tt.validate.results.cases import gemm_gelu

    folder = tmp_path_factory.mktemp("pages")
    gelu = gemm_gelu()
    found = {}
    with open_device("wolfpine", "wormhole", grid=(2, 2)) as session:  # each core costs its start
        cases = of_plan(tt.Plan.from_module(tt.infer_metadata(gemm(64, 64, 64), session.spec)))
        right = describe_tensor("X", (160, 224), "bfloat16", session.spec)
        wrong = replace(right, accessor=replace(right.accessor, num_banks=11))
        table = [Case("X", "table", buffer=right), Case("wrong", "plan", buffer=wrong)]
        table.append(Case("5 tiles", "kernels", schedule=schedule_tiles([5], session.spec)))
        schedules = tuple(schedule_tiles(launch.grid, session.spec) for launch in gelu.launches)
        table.append(Case("gelu", "kernels", kernel=Kernel("gelu", gelu, schedules)))
        for name, proven in (("proven", cases), ("disproved", table)):
            page = report.write(validate(session, proven), folder / name)
            found[name] = (page, json.loads(page.with_name("report.json").read_text()))
    return found


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


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (0, "were rejected."),
        (1, "were rejected, and 1 kind of mistake was never noticed."),
        (2, "were rejected, and 2 kinds of mistakes were never noticed."),
    ],
)
def test_a_reports_page_says_how_many_kinds_of_mistakes_nothing_noticed(documents, missing, said):
    from tilelang.tt.html.report import render_report
    from tilelang.tt.validate.report import controls_of

    _, report = documents["proven"]
    report = {**report, "totals": {**report["totals"], "missing": missing}}
    text = re.sub("<[^>]*>", "", render_report(report, controls_of(report)))
    assert said in text
    assert ("never noticed" in text) == (missing > 0)


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


class TestEveryPage(EveryPage):
    pages = ("proven", "disproved")
