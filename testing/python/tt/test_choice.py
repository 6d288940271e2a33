"""policy="auto": the policy that the bounds choose stands in the metadata, with the reason."""

from __future__ import annotations

import re

import pytest
from kernels import copy, gemm, launch

import tilelang.tt as tt
from tilelang.tt import _ffi, choice
from tilelang.tt.bounds import bounds_of
from tilelang.tt.choice import Option, choose, options


def attrs_under(kernel, device="n150"):
    return lambda policy: tt.metadata.tt_attrs(tt.infer_metadata(kernel, device, policy=policy))


def test_a_gemm_gets_the_rectangle_and_the_reason_in_numbers():
    kernel = gemm(512, 512, 256)
    func = tt.infer_metadata(kernel, "n150", policy="auto")
    schedule = tt.schedule_of(func)
    found = {each.policy: each for each in options(attrs_under(kernel))}
    assert schedule.policy == "rectangular"
    told = [f"about {found['rectangular'].expected:.0f} cycles, at least "
            f"{found['rectangular'].least} (DRAM)"]  # fmt: skip
    for policy in ("contiguous", "strided"):
        each = found[policy]
        told.append(f"{policy} about {each.expected:.0f} cycles, at least {each.least} (NoC 0)")
    assert schedule.reason == f"Chosen by its bounds: {'; '.join(told)}."
    # But for the reason it is what it would be if it had been asked for by name.
    by_name = tt.infer_metadata(kernel, "n150", policy="rectangular")
    its = dict(tt.metadata.tt_attrs(func))
    assert its.pop("tt_schedule_reason") == schedule.reason
    assert its == tt.metadata.tt_attrs(by_name)
    plan = tt.Plan.from_module(func)
    assert tt.Plan.from_text(plan.to_text(), "plan").schedule("gemm") == schedule


@pytest.mark.parametrize("kernel", [copy((64, 64), "float32"), launch(100)], ids=["one", "many"])
def test_where_all_take_as_long_the_default_stays(kernel):
    assert tt.schedule_of(tt.infer_metadata(kernel, "n150", policy="auto")).policy == "contiguous"


def test_an_author_may_ask_for_it_and_annotate_too():
    said = gemm(512, 512, 256).with_attr("tt_schedule_policy", "auto")
    annotated = tt.annotate(gemm(512, 512, 256), policy="auto", cores=(4, 4))
    assert tt.schedule_of(tt.infer_metadata(said, "n150")).policy == "rectangular"
    schedule = tt.schedule_of(tt.infer_metadata(annotated, "n150"))
    assert (schedule.policy, schedule.num_active_cores) == ("rectangular", 16)


def test_each_function_of_a_module_gets_its_own():
    tvm = _ffi.import_tvm()
    module = tvm.IRModule({"a": gemm(512, 512, 256), "b": copy((64, 64), "float32")})
    found = tt.infer_metadata(module, "n150", policy="auto")
    policies = {var.name_hint: tt.schedule_of(func).policy for var, func in found.functions.items()}
    assert policies == {"a": "rectangular", "b": "contiguous"}


def test_what_is_wrong_with_a_kernel_is_said_as_without_it():
    kernel = launch(1 << 17, 1 << 16)  # blocks
    with pytest.raises(NotImplementedError) as plain:
        tt.infer_metadata(kernel, "n150")
    with pytest.raises(NotImplementedError, match=re.escape(str(plain.value))):
        tt.infer_metadata(kernel, "n150", policy="auto")


def test_without_bounds_there_is_no_choice(monkeypatch):
    def unknown(*_):
        raise NotImplementedError("limits are known of others")

    monkeypatch.setattr(choice, "bounds_of", unknown)
    expected = (
        'main: policy is "auto", which needs bounds; expected contiguous, strided or rectangular '
        r"\(its bounds aren't known: limits are known of others\)"
    )
    with pytest.raises(NotImplementedError, match=expected):
        tt.infer_metadata(gemm(64, 64, 64), "n150", policy="auto")


def test_a_policy_that_is_refused_is_no_option():
    def refuse(policy):
        if policy == "rectangular":
            raise NotImplementedError("of no use here")
        return attrs_under(gemm(512, 512, 256))(policy)

    found = options(refuse)
    assert [each.refused for each in found] == ["", "", "of no use here"]
    best, reason = choose(found)
    assert best is found[0]  # those on a level in order
    assert reason.endswith("; rectangular is refused.")


def test_bounds_are_those_of_the_function(monkeypatch):
    plan = tt.Plan.from_module(tt.infer_metadata(gemm(96, 160, 64), "n150", policy="rectangular"))
    (found,) = choice.bounds_of_function(plan.functions["gemm"])
    assert found == bounds_of(
        plan.program("gemm"), plan.buffers("gemm"), plan.schedule("gemm"), plan.device
    )
    assert Option("rectangular", (found, found)).least == 2 * found.least


def test_a_page_says_what_larger_blocks_would_take():
    import tile_kernels

    from tilelang.tt.html.plan import render_plan

    document = tt.Plan.from_module(tt.infer_metadata(gemm(256, 256, 64), "n150")).to_json()
    assert "Larger blocks along x can" in render_plan(document)
    (attrs,) = document["functions"].values()
    attrs["tt_program"] = tile_kernels.gemm(256, 256, 64, 32, 32, 64).to_json()
    rows = re.findall(
        r'<tr><td class="name">(\dx\d).*?</td><td class="n">(\d+)<', render_plan(document)
    )
    assert rows == [("1x1", "64"), ("2x1", "32"), ("1x2", "32"), ("2x2", "16"), ("4x4", "4")]


def movers_of(program):
    """Pages that are moved and elements that are filled by the readers and writers of 3 cores."""
    return {policy: found.movers for policy, found in bounds_under(program, (3, 1)).items()}


def bounds_under(program, cores):
    """Bounds by policy, on so many columns and rows of cores."""
    from tilelang.tt.describe import describe_tensor, schedule_program
    from tilelang.tt.device_spec import DeviceSpec

    spec, found = DeviceSpec.preset("n150"), {}
    buffers = {
        t.name: describe_tensor(t.name, t.shape, t.dtype, spec) for t in program.parameters()
    }
    for policy in ("contiguous", "rectangular"):
        corners = [(0, 0, cores[0] - 1, cores[1] - 1)]
        (plan,) = schedule_program(program, spec, policy, cores=corners)
        found[policy] = bounds_of(program, buffers, plan, spec)
    return found


def test_filling_tiles_beyond_an_edge_is_counted():
    """Of 128 places along K 58 are beyond it: of cores that share A's rows one fills these."""
    from tile_kernels import gemm

    movers = movers_of(gemm(64, 96, 70, 64, 32, 64))
    rows, columns = 64 * 58, 58 * 32
    assert movers["contiguous"][-1] == (6 + 3, rows + columns)
    assert movers["rectangular"][-2:] == ((3, columns), (6 + 2, rows))


def test_below_a_row_that_is_all_that_is_taken_nothing_is_filled():
    """A norm's weights are one row of 32."""
    from tile_kernels import norm

    movers = movers_of(norm(96, 64, False))
    assert movers["contiguous"][-1] == (2 + 2 + 1, 0)
    assert movers["rectangular"][-1] == (3, 0)


def test_cores_meet_once_for_what_they_share_and_keep():
    """Of a column of cores each has three blocks or two, which take B alike; by turns they would
    meet three times, and the rectangle would seem to take longer than a core for each block or two,
    which it doesn't (benchmarks/bench_choice.py)."""
    from tile_kernels import gemm

    found = bounds_under(gemm(256, 32, 128, 32, 32, 64), (2, 3))
    assert (found["rectangular"].turns, found["rectangular"].meetings) == (3, 1)
    assert (found["contiguous"].turns, found["contiguous"].meetings) == (2, 0)
    best, _ = choose([Option(policy, (each,)) for policy, each in found.items()])
    assert best.policy == "rectangular"
    # Each block has other rows and columns than the one before.
    found = bounds_under(gemm(256, 128, 128, 32, 32, 64), (2, 3))
    assert found["rectangular"].turns == found["rectangular"].meetings == 6
