"""What is checked: tensors, schedules and kernels, from a table, generated, or of a plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from ..describe import describe_tensor, schedule_program, schedule_tiles
from ..device_spec import DeviceSpec
from ..metadata import BufferDescriptor, CoreRange, RuntimeArg, Schedule, TileRange
from ..plan import Plan
from ..policies import ORDERS, POLICIES
from ..program import Program
from ..sharing import said, shared_pages
from .evidence import NOT_GENERATED, Difference
from .results.cases import gemm_gelu, shared_gemm, softmax, two_products
from .results.sharing import CORES
from .tensors.formats import dtypes_of

TILE = 32


@dataclass(frozen=True)
class Kernel:
    """What a function's blocks do, and which core runs which of them, of each launch. Without a
    program there is no more than the reason (``unknown``). ``title`` and ``digest`` are those of a
    plan that it is from."""

    function: str
    program: Program | None = None
    schedules: tuple[Schedule, ...] = ()
    unknown: str = ""
    title: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Case:
    """A tensor (``buffer``), a schedule or a kernel; ``group`` is where it comes from.

    A case with ``refused`` is disproved by that, and nothing of it is tried.
    """

    name: str
    group: str
    buffer: BufferDescriptor | None = None
    schedule: Schedule | None = None
    refused: Difference | None = None
    kernel: Kernel | None = None


def parse_cases(text: str, spec: DeviceSpec) -> tuple[list[Case], int]:
    """The cases that ``quick``, ``full``, ``examples`` or ``random:N:SEED`` names, and the seed of
    contents.

    Raises ValueError for anything else.
    """
    from .drawn import generated

    if text == "quick":
        return [*quick(spec), *kernels(spec)], 0
    if text == "full":
        more = _generated("softmax 64x64", softmax(), spec)
        products = [
            product_case(spec, 3, 3, policy, order, (min(2, spec.grid_x), min(2, spec.grid_y)))
            for policy, order in product(POLICIES[1:], ORDERS)
        ]
        return [*full(spec), *kernels(spec), more, *products, *generated(spec, 60, 1)], 1
    if text == "examples":
        return examples(spec), 0
    kind, *numbers = text.split(":")
    if kind == "random" and len(numbers) == 2 and all(number.isdecimal() for number in numbers):
        count, seed = map(int, numbers)
        if count > 0:
            return generated(spec, count, seed), seed
    raise ValueError(
        f"found cases {text!r}; expected quick, full, examples or random:N:SEED, as in random:100:7"
    )


def tensor_case(spec: DeviceSpec, shape: Sequence[int], dtype: str, group: str = "table") -> Case:
    name = f"{'x'.join(map(str, shape)) or 'scalar'} {dtype}"
    return Case(name, group, buffer=describe_tensor(name, tuple(shape), dtype, spec))


def launch_case(
    spec: DeviceSpec,
    *extents: int,
    policy: str = "contiguous",
    order: str = "row_major",
    cores: Sequence[Sequence[int]] | None = None,
    group: str = "table",
) -> Case:
    said = [name for name, usual in ((policy, "contiguous"), (order, "row_major")) if name != usual]
    if cores:
        corners = [(f"{a},{b}", f"{c},{d}") for a, b, c, d in cores]
        said.append("on " + " ".join(a if a == b else f"{a}-{b}" for a, b in corners))
    name = ", ".join([f"{'x'.join(map(str, extents))} blocks", *said])
    return Case(name, group, schedule=schedule_tiles(extents, spec, policy, order, cores))


def for_controls(cases: Sequence[Case], spec: DeviceSpec) -> list[Case]:
    """What controls are sure to have an effect on, besides some cases: a tensor where there are
    tensors, a schedule where there are schedules, and a kernel where there are kernels.

    The tensor has three rows of pages in each bank, a batch, and matrices that need padding and
    are not square; its dtype is that of the first, so that no other kernel is compiled for it. The
    schedule has several tiles on a core, on a corner's three cores where the device has them, and a
    kernel's arguments; where there are strided or rectangular ones, there is one of those too.
    Where a kernel's cores share what they read, there is a kernel that does.
    """
    found = []
    dtype = next((case.buffer.dtype for case in cases if case.buffer is not None), None)
    if dtype is not None:
        shape = (3, 2 * TILE - 1, spec.dram_banks * TILE // 2 + 1)
        name = f"{'x'.join(map(str, shape))} {dtype}, for controls"
        found.append(Case(name, "controls", buffer=describe_tensor(name, shape, dtype, spec)))
    if any(case.schedule is not None for case in cases):
        found.append(Case("6 blocks, for controls", "controls", schedule=_on_a_corner(spec)))
        policies = {case.schedule.policy for case in cases if isinstance(case.schedule, Schedule)}
        across, down = min(2, spec.grid_x), min(2, spec.grid_y)
        pair = (across, 1 if across > 1 else down)
        for policy, extents, order, cores in (
            ("strided", (3, 2), "column_major", pair),
            ("rectangular", (3, 3), "row_major", (across, down)),
        ):
            if policy in policies:
                schedule = schedule_tiles(extents, spec, policy, order, cores)
                schedule = _with_arguments(schedule, ("A", "B"), ("alpha", "beta"), 5)
                name = f"{policy} {'x'.join(map(str, extents))} blocks, for controls"
                found.append(Case(name, "controls", schedule=schedule))
    if any(case.kernel is not None for case in cases):
        kernel = _generated("two_products, for controls", two_products(), spec)
        found.append(replace(kernel, group="controls"))
    if any(each.shared_reads for case in cases if case.kernel for each in case.kernel.schedules):
        name = "shared_gemm, for controls"
        found += [replace(each, name=name, group="controls") for each in _sharing(spec)]
    return found


def _on_a_corner(spec: DeviceSpec) -> Schedule:
    """Six tiles: three, two and one on the cores (0, 0), (1, 0) and (0, 1), or on those of them
    that the device has."""
    schedule = schedule_tiles((3, 2), spec)
    beside = [1] * (spec.grid_x > 1) + [spec.grid_x] * (spec.grid_y > 1)
    counts = {0: (6, 4, 3)[len(beside)], **dict(zip(beside, (2, 1), strict=False))}
    tiles, ranges, start = [], [], 0
    for core in range(spec.num_cores):
        count = counts.get(core, 0)
        tiles.append(TileRange(start, count))
        start += count
        if count:
            x, y = core % spec.grid_x, core // spec.grid_x
            ranges.append(CoreRange(x, y, x, y, count))
    return replace(
        _with_arguments(schedule, ("A", "B", "C"), ("alpha", "beta"), 5),
        tiles_per_core=tuple(tiles),
        core_ranges=tuple(ranges),
    )


def _with_arguments(
    schedule: Schedule, buffers: Sequence[str], scalars: Sequence[str] = (), kt_tiles: int = 0
) -> Schedule:
    """A schedule with the arguments that a kernel with these parameters has."""
    args = list(schedule.runtime_args)
    if kt_tiles:
        meaning = "tiles along the matmul's reduction"
        args.append(RuntimeArg("kt_tiles", "uint32", "constant", meaning, value=kt_tiles))
    for name in buffers:
        meaning = f"base address of {name} in each bank, bytes"
        args.append(RuntimeArg(f"{name}_addr", "uint32", "buffer_address", meaning, source=name))
    for name in scalars:
        meaning = f"the parameter {name}"
        args.append(RuntimeArg(f"{name}_value", "float32", "scalar", meaning, source=name))
    return replace(schedule, runtime_args=tuple(args))


def _shapes(spec: DeviceSpec) -> list[tuple[int, ...]]:
    banks = spec.dram_banks
    return [
        *((), (1,), (70,), (32, 32), (1, 33), (100, 70), (3, 33, 65), (2, 3, 40, 1)),
        # One page fewer than the banks, as many, one more; then a second row of them but for one.
        *((pages * TILE, TILE) for pages in (banks - 1, banks, banks + 1, 2 * banks - 1)),
        *((TILE, (banks + 1) * TILE), (5, 1, 64, 96), (400, 416)),
        *((2, 1, 3, 40, 33), (2, 1, 2, 1, 33, 70), (1, 2, 2, 1, 3, 1, 33)),
    ]


def quick(spec: DeviceSpec) -> list[Case]:
    """Each shape of the table once and each dtype at least once, and small schedules."""
    shapes = _shapes(spec)
    dtypes = dtypes_of(spec.arch)
    cases = [tensor_case(spec, shape, dtypes[i % len(dtypes)]) for i, shape in enumerate(shapes)]
    cores = spec.num_cores
    corner = [(0, 0, min(1, spec.grid_x - 1), min(1, spec.grid_y - 1))]
    return [
        *(*cases, launch_case(spec, 5), launch_case(spec, 1, 1, 3), launch_case(spec, cores + 1)),
        launch_case(spec, 3, 2, policy="strided", order="column_major", cores=corner),
        launch_case(spec, 3, 3, 2, policy="rectangular", order="column_major", cores=corner),
    ]


def full(spec: DeviceSpec) -> list[Case]:
    """Each shape of the table with each dtype, thousands of pages, and schedules around the
    number of cores."""
    dtypes = dtypes_of(spec.arch)
    cases = [tensor_case(spec, shape, dtype) for shape in _shapes(spec) for dtype in dtypes]
    large = [((2048, 1600), "bfloat16"), ((2, 1500, 1030), "uint8"), ((1000, 1000), "float32")]
    cases += [tensor_case(spec, shape, dtype) for shape, dtype in large]
    cores = spec.num_cores
    around = {1, 5, max(cores - 1, 1), cores, cores + 1, 3 * cores + 7}
    launches = [(7, 3, 2), *((blocks,) for blocks in sorted(around))]
    return [
        *cases,
        *(launch_case(spec, *extents) for extents in launches),
        *_of_each_policy(spec),
    ]


def _of_each_policy(spec: DeviceSpec) -> Iterator[Case]:
    """Launches on a corner of the device's cores, whole and with a hole in its middle."""
    corner = [(x, y) for y in range(3) for x in range(3) if x < spec.grid_x and y < spec.grid_y]
    whole = [(0, 0, *corner[-1])]
    ring = [(x, y, x, y) for x, y in corner if (x, y) != (1, 1)]
    for policy, order in product(POLICIES, ORDERS):
        yield launch_case(spec, 7, 5, 2, policy=policy, order=order, cores=whole)
        yield launch_case(spec, 7, 5, policy=policy, order=order, cores=ring)
    # A row, a column and a pile of blocks, a prime number of them, and fewer than there are cores.
    for policy, extents in product(POLICIES, ((1, 11), (11, 1), (2, 3), (1, 1, 7))):
        yield launch_case(spec, *extents, policy=policy, cores=whole)


def kernels(spec: DeviceSpec) -> list[Case]:
    """The tensors and launches of a GEMM, an element-wise kernel and a batched GEMM, described as
    the passes describe them, and a kernel that is generated and run: a GEMM of several steps with
    an epilogue. A plan has a kernel's own (:func:`of_plan`)."""
    return [
        *_kernel(
            "gemm 256x160x192",
            [((256, 192), "bfloat16"), ((192, 160), "bfloat16"), ((256, 160), "float32")],
            (5, 8),
            spec,
        ),
        *_kernel("elementwise 96x200", [((96, 200), "float16")] * 2, (7, 3), spec),
        *_kernel(
            "batched gemm 3x64x96x32",
            [((3, 64, 32), "bfloat16"), ((3, 32, 96), "bfloat16"), ((3, 64, 96), "float32")],
            (3, 2, 3),
            spec,
        ),
        _generated("gemm_gelu 32x64x64", gemm_gelu(), spec),
        *_sharing(spec),
    ]


def _sharing(spec: DeviceSpec) -> list[Case]:
    """A GEMM of a block a core, whose rows of cores share A, and columns B; none where the device
    hasn't as many cores."""
    across, down = CORES
    if spec.grid_x < across or spec.grid_y < down:
        return []
    return [_generated("shared_gemm 128x96x64", shared_gemm(), spec, "rectangular", cores=CORES)]


def examples(spec: DeviceSpec) -> list[Case]:
    """The kernels of examples/, small, as TileLang gave them."""
    programs = json.loads((Path(__file__).parent / "results" / "examples.json").read_text())
    return [
        _generated(name, Program.from_json(program), spec) for name, program in programs.items()
    ]


def product_case(
    spec: DeviceSpec, across: int, down: int, policy: str, order: str, cores: Sequence[int]
) -> Case:
    """A kernel whose schedule is of a policy, on so many columns and rows of cores."""
    said = f"{policy}, {order}, on {cores[0]}x{cores[1]} cores"
    name = f"gemm_gelu {TILE * down}x{TILE * across}x64, {said}"
    return _generated(name, gemm_gelu(across, down), spec, policy, order, cores)


def _generated(
    name: str,
    program: Program,
    spec: DeviceSpec,
    policy: str | None = None,
    order: str | None = None,
    cores: Sequence[int] | None = None,
) -> Case:
    schedules = schedule_program(program, spec, policy, order, cores)
    function = name.split()[0].rstrip(",")
    return Case(name, "kernels", kernel=Kernel(function, program, schedules))


def _kernel(
    name: str, tensors: list[tuple[tuple[int, ...], str]], launch: Sequence[int], spec: DeviceSpec
) -> list[Case]:
    cases = []
    letters = "ABC"[: len(tensors)]
    for letter, (shape, dtype) in zip(letters, tensors, strict=True):
        tensor = f"{name}: {letter}"
        cases.append(Case(tensor, "kernels", buffer=describe_tensor(tensor, shape, dtype, spec)))
    schedule = _with_arguments(schedule_tiles(launch, spec), letters)
    return [*cases, Case(f"{name}: schedule", "kernels", schedule=schedule)]


def of_plans(plans: Mapping[str, Plan]) -> list[Case]:
    """The cases of several plans, for one run: all tensors come before any schedule. Each is named
    by its plan's path, without the folders that all of them are in."""
    if len(plans) < 2:
        return [case for plan in plans.values() for case in of_plan(plan)]
    paths = [Path(name).parts for name in plans]
    common = 0
    while min(map(len, paths)) > common + 1 and len({each[common] for each in paths}) == 1:
        common += 1
    return [
        replace(case, name=f"{Path(*path[common:])}: {case.name}")
        for path, plan in zip(paths, plans.values(), strict=True)
        for case in of_plan(plan)
    ]


def of_plan(plan: Plan) -> list[Case]:
    """The buffers, the schedule and the kernel of each function of a plan."""
    cases = []
    for function in plan.functions:
        for name, buffer in plan.buffers(function).items():
            cases.append(Case(f"{function}: {name}", "plan", buffer=buffer))
        schedules = plan.schedules(function)
        refused = _refused(plan, function)
        for number, schedule in enumerate(schedules):
            launch = f"schedule of launch {number}" if len(schedules) > 1 else "schedule"
            case = Case(f"{function}: {launch}", "plan", schedule=schedule, refused=refused)
            cases.append(case)
        cases.append(Case(f"{function}: kernel", "plan", kernel=_planned(plan, function)))
    return cases


def _planned(plan: Plan, function: str) -> Kernel:
    title = plan.title(function)
    try:
        program, digest = plan.program(function), plan.digest(function)
    except ValueError as error:  # an older plan
        return Kernel(function, unknown=f"{NOT_GENERATED}: {error}", title=title)
    return Kernel(function, program, plan.schedules(function), title=title, digest=digest)


def _refused(plan: Plan, function: str) -> Difference | None:
    """Why a function's blocks must not run side by side, or nothing."""
    for buffer, writers in shared_pages(plan, function).items():
        return Difference(f"who writes {buffer}", "one block a page at most", said(writers))
    return None


def batches(cases: Sequence[Case], most_tensors: int, most_bytes: int) -> Iterator[list[Case]]:
    """Tensors in groups that are allocated at once; then each schedule and each kernel by itself,
    those of few cores first, since on a simulator every core that has been started makes the rest
    slower."""
    group: list[Case] = []
    size = 0
    for case in cases:
        if case.buffer is None:
            continue
        accessor = case.buffer.accessor
        more = accessor.num_pages * accessor.aligned_page_size
        if group and (len(group) == most_tensors or size + more > most_bytes):
            yield group
            group, size = [], 0
        group.append(case)
        size += more
    if group:
        yield group
    alone = [(_cores(case), case) for case in cases if case.buffer is None]
    yield from ([case] for _, case in sorted(alone, key=lambda one: one[0]))


def _cores(case: Case) -> int:
    """On how many cores a schedule or a kernel runs."""
    if case.kernel is not None:
        return max((each.num_active_cores for each in case.kernel.schedules), default=0)
    return 0 if case.schedule is None else case.schedule.num_active_cores
