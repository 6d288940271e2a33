"""Drawing devices, plans and findings in a terminal; plain text where the output is piped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress
from rich.segment import Segment
from rich.text import Text

from .. import schedule_text
from ..device_spec import DeviceSpec
from ..metadata import BufferDescriptor, Schedule, TensorAccessorConfig, pages_of_banks
from ..plan import Plan
from ..program import block_of, listing, spans
from ..sharing import FEW_ELEMENTS, said, shared_pages
from ..text import printable
from ..validate.evidence import LEVELS, NO_EFFECT, REJECTED, UNNOTICED
from .findings import Finding

if TYPE_CHECKING:
    from ..codegen.plan import KernelPlan
    from ..runtime.backends.backend import Backend
    from ..validate.findings import Evidence

# One colour a group of cores with equal counts; a schedule by the default rule has two.
_GROUP_STYLES = ("bold green", "cyan", "yellow", "magenta", "blue")


def device(console: Console, spec: DeviceSpec) -> None:
    """What is known of a device, and how."""
    console.print(
        Text.assemble(
            (printable(spec.arch), "bold"),
            ": compute grid ",
            (f"{spec.grid_x}x{spec.grid_y}", "bold"),
            f", {spec.num_cores} cores; {spec.dram_banks} DRAM banks, pages aligned to "
            f"{spec.dram_alignment} bytes (L1: {spec.l1_alignment})",
        )
    )
    console.print(f"known from: {printable(spec.source)}", style="dim")


class PlainConsole(Console):
    """A console on which names and messages are text: none of their characters is a control. What
    is piped is as wide as its lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if not self.is_terminal:
            self.width = 10_000

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(printable(segment.text, keep="\n"), segment.style)


def kernels(console: Console, path: Path, described: Mapping[str, str]) -> None:
    """The kernels of a file, each with what it is, and how to plan one."""
    console.print(f"{path} has these kernels:")
    for name, description in described.items():
        console.print(Text.assemble("  ", (name, "bold"), f"  {description}"), soft_wrap=True)
    first = next(iter(described), "NAME")
    console.print(f"plan one with: tilelang-tt plan {path}:{first}", soft_wrap=True)


def plan(console: Console, plan: Plan) -> None:
    """A plan: the device, and of each function the schedule and the buffers."""
    device(console, plan.device)
    for name in plan.functions:
        schedules = plan.schedules(name)
        for number, schedule in enumerate(schedules):
            of_several = f", launch {number}" if len(schedules) > 1 else ""
            _schedule(console, printable(plan.title(name)) + of_several, schedule)
        _buffers(console, plan.buffers(name))
        for buffer, writers in shared_pages(plan, name, FEW_ELEMENTS).items():
            if writers.found == "several blocks":
                warning = f"{printable(buffer)}: {said(writers)}; validate and run refuse that"
                console.print(f"warning: {warning}", style="yellow", soft_wrap=True)


def listings(console: Console, plan: Plan) -> None:
    """What the blocks of each function do, in TileLang's spelling."""
    for name in plan.functions:
        console.print()
        if plan.schema_version == 1:
            text = f"{name}: a plan of schema version 1, which doesn't say what its blocks do"
            console.print(printable(text), soft_wrap=True)
        else:
            console.print(Text(listing(plan.program(name), name)), soft_wrap=True)


def block(console: Console, plan: Plan, number: int) -> None:
    """What one block of each launch touches, and the core that runs it."""
    for found in blocks(plan, number):
        several = len(plan.schedules(found["function"])) > 1
        of_several = f", launch {found['launch']}" if several else ""
        console.print(
            Text.assemble(
                (f"{printable(found['title'])}{of_several}, block {number}", "bold"),
                f": {found['place']} of T.Kernel({', '.join(map(str, found['grid']))}), on core "
                f"({', '.join(map(str, found['core']))})",
            )
        )
        for buffer, modes in found["pages"].items():
            touched = [
                f"{mode}s {'' if pages['exact'] else 'at most '}"
                f"{_count(len(pages['ids']), 'page')}: {spans(pages['ids'])}"
                for mode, pages in modes.items()
            ]
            text = f"  {printable(buffer)} {'; '.join(touched) or 'is not touched'}"
            console.print(Text(text), soft_wrap=True)


def blocks(plan: Plan, number: int) -> Iterator[dict[str, Any]]:
    """The same as documents; ``place`` is the block's index, ``pages`` go by buffer and mode."""
    for name in plan.functions:
        program = plan.program(name)
        for launch, schedule in enumerate(plan.schedules(name)):
            if not 0 <= number < schedule.num_tiles:
                continue
            yield {
                "function": name,
                "title": plan.title(name),
                "launch": launch,
                "block": number,
                "place": block_of(program.launches[launch], number),
                "grid": list(schedule.grid),
                "core": list(schedule.core_of_tile(number)),
                "pages": {
                    buffer: {
                        mode: {"ids": list(pages.ids), "exact": pages.exact}
                        for mode, pages in modes.items()
                    }
                    for buffer, modes in plan.pages(name, number, launch).items()
                },
            }


def _schedule(console: Console, name: str, schedule: Schedule) -> None:
    x, y, z = schedule.grid
    console.print(
        Text.assemble(
            "\n",
            (name, "bold"),
            f": T.Kernel({x}, {y}, {z}) has {_count(schedule.num_tiles, 'block')}, on "
            f"{schedule.num_active_cores} of {_count(schedule.num_cores, 'core')} "
            f"({schedule_text.rule(schedule)})",
        )
    )
    if schedule.reason:
        console.print(printable(schedule.reason), soft_wrap=True)
    counts = sorted({r.count for r in schedule.core_ranges}, reverse=True)
    style = {count: _GROUP_STYLES[min(i, len(_GROUP_STYLES) - 1)] for i, count in enumerate(counts)}
    console.print(_core_grid(schedule, style, console.width))
    for count in counts:
        ranges = [r for r in schedule.core_ranges if r.count == count]
        cores = sum(r.num_cores for r in ranges)
        where = ", ".join(f"({r.x0}, {r.y0})-({r.x1}, {r.y1})" for r in ranges)
        group = f"{_count(cores, 'core')} with {_count(count, 'block')}"
        console.print(Text.assemble((group, style[count]), f": {where}"))
    if len(counts) > 1:
        most = f"{schedule.imbalance:.2f} times the mean"
        console.print(f"imbalance: the core with the most blocks has {most}")
    for line in schedule_text.shared(schedule):
        console.print(printable(line), soft_wrap=True)
    args = ", ".join(
        printable(arg.name) if arg.value is None else f"{printable(arg.name)}={arg.value}"
        for arg in schedule.runtime_args
    )
    console.print(f"runtime arguments: {args}")


def _core_grid(schedule: Schedule, style: Mapping[int, str], width: int) -> Text:
    """A cell a core: which blocks it has, or where that is too wide, their number."""
    grid_x, grid_y = schedule.core_grid
    held = schedule.counts
    title, cells = "blocks", [
        schedule_text.cell(schedule, core) if count else "." for core, count in enumerate(held)
    ]  # fmt: skip
    if schedule.boxes:
        title = "blocks (x,y)" if schedule.grid[2] == 1 else "blocks (x,y,z)"
    if _cell_width(cells) * grid_x + 5 > width:
        title, cells = "number of blocks", [str(count or ".") for count in held]
    cell_width = max(_cell_width(cells), 4)
    text = Text.assemble((f"{title} of each core (x across, y down)\n", "dim"))
    text.append("    " + "".join(f"{x:>{cell_width}}" for x in range(grid_x)), style="dim")
    for y in range(grid_y):
        text.append(f"\n{y:>4}", style="dim")
        for x in range(grid_x):
            core = y * grid_x + x
            text.append(
                f"{cells[core]:>{cell_width}}", style=style[held[core]] if held[core] else "dim"
            )
    return text


def _cell_width(cells: Iterable[str]) -> int:
    return max(map(len, cells)) + 2


def _buffers(console: Console, buffers: Mapping[str, BufferDescriptor]) -> None:
    rows: list[list[Text | str]] = []
    for buffer in buffers.values():
        batch = "x".join(map(str, buffer.padded_shape[:-2]))
        tiles = f"{buffer.num_tiles_height}x{buffer.num_tiles_width}"
        padded = " (padded)" if buffer.needs_padding else ""
        rows.append(
            [
                Text(printable(buffer.name), "bold"),
                buffer.role,
                "x".join(map(str, buffer.shape)) or "scalar",
                buffer.data_format + (f" in {buffer.carried_as}" if buffer.carried_as else ""),
                (f"{batch}x" if batch else "") + tiles + padded,
                str(buffer.accessor.num_pages),
                f"{buffer.accessor.page_size} B",
                _pages_a_bank(buffer.accessor),
            ]
        )
    console.print()
    headings = ["buffer", "role", "shape", "format", "tiles", "pages", "page", "pages a bank"]
    table(console, headings, rows)
    for rule, names in _address_rules(buffers).items():
        console.print(f"{', '.join(names)}: {rule}", style="dim")
    for buffer in buffers.values():
        if buffer.written_by == "one block":
            text = f"{printable(buffer.name)}: each page is written by one block at most"
            console.print(text, style="dim", soft_wrap=True)


def table(console: Console, headings: Sequence[str], rows: Sequence[Sequence[Text | str]]) -> None:
    """Columns as wide as what is in them, and nothing after the last."""
    cells = [[Text(heading, "dim") for heading in headings]]
    cells += [[Text(c) if isinstance(c, str) else c for c in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        for cell, width in zip(row[:-1], widths, strict=False):
            cell.pad_right(width + 2 - cell.cell_len)
        console.print(Text.assemble(*row), soft_wrap=True)


def _pages_a_bank(accessor: TensorAccessorConfig) -> str:
    banks = Counter(pages_of_banks(accessor.num_pages, accessor.num_banks))
    if len(banks) == 1:
        return f"{next(iter(banks))} in each of {accessor.num_banks}"
    return ", ".join(f"{pages} in {count}" for pages, count in sorted(banks.items(), reverse=True))


def _address_rules(buffers: Mapping[str, BufferDescriptor]) -> dict[str, list[str]]:
    """The page rule of each buffer, and who shares it."""
    rules: dict[str, list[str]] = {}
    for name, buffer in buffers.items():
        accessor = buffer.accessor
        rule = (
            f"page p is in {accessor.memory.upper()} bank p % {accessor.num_banks}, "
            f"at p // {accessor.num_banks} * {accessor.aligned_page_size} bytes"
        )
        rules.setdefault(rule, []).append(printable(name))
    return rules


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def findings(console: Console, findings: Sequence[Finding]) -> None:
    """A line for each thing that was examined, and what to do where it is not well; then
    whether kernels can be planned."""
    width = max(len(finding.subject) for finding in findings) + 2
    for finding in findings:
        mark = ("ok", "green") if finding.ok else ("no", "red") if finding.needed else ("--", "dim")
        line = Text.assemble(mark, f"  {finding.subject:<{width}}{finding.answer}")
        if finding.advice:
            line.append(f"\n    {'':<{width}}-> {finding.advice}", "yellow")
        console.print(line, soft_wrap=True)
    lacks = ", ".join(finding.subject for finding in findings if finding.needed and not finding.ok)
    verdict = f"not ready, for want of: {lacks}" if lacks else "ready: kernels can be planned"
    console.print(verdict, soft_wrap=True)


def opening(console: Console, backend: str) -> None:
    """What is about to take its time."""
    if backend != "mock":
        name = "a device" if backend == "auto" else backend
        console.print(f"opening {name}; the first time compiles firmware", soft_wrap=True)


def opened(console: Console, backend: Backend) -> None:
    """The device that answers, and what its kernels are compiled by."""
    statement = backend.statement
    console.print(
        f"opened {backend}: {statement.version}, kernels by {statement.compiler}", soft_wrap=True
    )


@contextmanager
def doing(console: Console, what: str) -> Iterator[None]:
    """Something that takes its time, for as long as it does, for a person alone."""
    with console.status(printable(what)) if console.is_terminal else nullcontext():
        yield


@contextmanager
def progress(
    console: Console, total: int
) -> Iterator[tuple[Callable[[str, int], None], Callable[[str], None] | None]]:
    """A bar for a person, which also says what is being done; a line for each step in a log.

    Gives what is called with what was done and how much of the total that was, and what is called
    with what is being done, None where nobody is shown that.
    """
    if not console.is_terminal:
        done = 0

        def line(what: str, cases: int) -> None:
            nonlocal done
            done += cases
            console.print(f"{done} of {total}: {what}", soft_wrap=True)

        yield line, None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("checking", total=total)

        def advance(what: str, cases: int) -> None:
            bar.update(task, advance=cases, description=printable(what))

        yield advance, lambda what: bar.update(task, description=printable(what), refresh=True)


def kernel(console: Console, plan: KernelPlan) -> None:
    """The choices of a kernel plan: what is in L1, and how products add up."""
    for each in plan.buffers:
        console.print(
            f"{each.name}: {each.blocks} of {each.down}x{each.across} tiles of {each.format}, "
            f"{each.bytes} bytes, from {each.producer} to {each.consumer}",
            soft_wrap=True,
        )
    console.print(f"{plan.function}: {plan.l1_bytes} bytes of L1 on {len(plan.cores)} cores")


def validation(console: Console, evidence: Evidence) -> None:
    """The outcome by level, what is disproved, and the share of controls that were rejected."""
    rows: list[list[Text | str]] = []
    for level, claim in LEVELS.items():
        verdicts = [r.verdicts[level] for r in evidence.results if level in r.verdicts]
        proven = sum(verdict.proven for verdict in verdicts)
        disproved = len(verdicts) - proven
        unchecked = sum(level in result.unchecked for result in evidence.results)
        rows.append(
            [
                level,
                Text(str(proven), "green" if proven else "dim"),
                Text(str(disproved), "red" if disproved else "dim"),
                Text(str(unchecked), "dim"),
                claim,
            ]
        )
    table(console, ["level", "proven", "disproved", "not checked", "claim"], rows)
    for line in evidence.objections():
        console.print(line, style="red", soft_wrap=True)
    reasons = {why for result in evidence.results for why in result.unchecked.values()}
    for reason in sorted(reasons - {f"the run ended before: {evidence.failure}"}):
        console.print(f"not checked: {reason}", soft_wrap=True)
    controls = evidence.count_controls()
    wrong = controls[REJECTED] + controls[UNNOTICED]
    console.print(
        f"wrong claims rejected: {controls[REJECTED]} of {wrong} "
        f"({controls[NO_EFFECT]} more changed nothing)",
        style="red" if controls[UNNOTICED] else "",
    )


def verdict(evidence: Evidence) -> str:
    """The outcome of a run in a sentence, by its exit code."""
    levels, controls = evidence.count(), evidence.count_controls()
    claims = f"{_count(levels['proven'], 'claim')} of {levels['proven'] + levels['disproved']}"
    if titles := evidence.titles():
        claims += f" about {', '.join(map(printable, titles))}"
    wrong = controls[REJECTED] + controls[UNNOTICED]
    rejected = f"; {controls[REJECTED]} of {wrong} wrong claims rejected"
    said = {0: f"proven: {claims}", 3: "not proven: nothing could be checked"}
    code = evidence.exit_code()
    return f"{said.get(code, f'not proven: {claims} proven')}{rejected * (code != 3)}"
