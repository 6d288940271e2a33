"""Bounds counted the slow way: block by block, page by page, hop by hop. An independent model."""

from __future__ import annotations

import itertools
import math
from collections import Counter

from tilelang.tt import program as p
from tilelang.tt.bounds.limits import geometry_of, limits_of
from tilelang.tt.program.settle import value_of


def steps_of_block(program, launch, block):
    """Each copy and gemm that a block does, in order, with the values of the variables."""
    found = program.launches[launch]
    env = {v: i for v, i in zip(found.indices, block, strict=True) if v is not None}

    def run(steps, env):
        for step in steps:
            if isinstance(step, p.Loop):
                first, trips = value_of(step.min, env), value_of(step.extent, env)
                for turn in range(first, first + trips):
                    yield from run(step.body, env | {step.var: turn})
            elif isinstance(step, p.When):
                yield from run(step.then if value_of(step.condition, env) else step.otherwise, env)
            elif isinstance(step, (p.Copy, p.Gemm)):
                yield step, env

    yield from run(found.body, env)


def pages_of(program, region, env):
    """The pages of a region of a tensor, one after the other."""
    shape = (1,) * (2 - len(program.buffers[region.buffer].shape))
    shape += program.buffers[region.buffer].shape
    at = [0] * (len(shape) - len(region.at)) + [value_of(e, env) for e in region.at]
    extent = [1] * (len(shape) - len(region.at)) + [value_of(e, env) for e in region.shape]
    sides = [1] * (len(shape) - 2) + [32, 32]
    tiles = [math.ceil(n / side) for n, side in zip(shape, sides, strict=True)]
    spans = [
        range(max(a, 0) // side, math.ceil(min(a + n, size) / side))
        for a, n, size, side in zip(at, extent, shape, sides, strict=True)
    ]
    for place in itertools.product(*spans):
        page = 0
        for index, count in zip(place, tiles, strict=True):
            page = page * count + index
        yield page


def beyond(program, region, env, first_rows):
    """The elements of a region's tiles that are not the tensor's, and what of them is filled."""
    shape = program.buffers[region.buffer].shape
    spans = [
        (value_of(a, env), value_of(e, env)) for a, e in zip(region.at, region.shape, strict=True)
    ]
    spans, shape = [(0, 1)] * (2 - len(shape)) + spans, (1,) * (2 - len(shape)) + shape
    sides = [1] * (len(shape) - 2) + [32, 32]
    whole = [
        range(a, a + math.ceil(n / side) * side) for (a, n), side in zip(spans, sides, strict=True)
    ]
    if program.buffers[region.buffer].name in first_rows:
        shape = (*shape[:-2], math.ceil(shape[-2] / 32) * 32, shape[-1])
    there = [
        sum(0 <= place < size for place in span) for span, size in zip(whole, shape, strict=True)
    ]
    return math.prod(map(len, whole)) - math.prod(there)


def turns(schedule, core):
    """(block, whether the core's writer writes it, the turn's place in the box) for each turn of a
    core."""
    if not schedule.boxes:
        return [(block, True, None) for block in schedule.blocks(core)]
    box = schedule.boxes[core]
    if box.count == 0:
        return []
    x, y, _ = schedule.grid
    return [
        (
            ((box.z + min(k, box.deep - 1)) * y + box.y + min(j, box.down - 1)) * x
            + box.x
            + min(i, box.across - 1),
            i < box.across and j < box.down and k < box.deep,
            (i, j, k),
        )
        for k in range(max(b.deep for b in schedule.boxes))
        for j in range(max(b.down for b in schedule.boxes))
        for i in range(max(b.across for b in schedule.boxes))
    ]


def route(noc, source, target, size):
    """The links of a packet's way, hop by hop."""
    (x, y), (width, height) = source, size
    if noc == 0:
        while x != target[0]:
            yield "x", x, y
            x = (x + 1) % width
        while y != target[1]:
            yield "y", x, y
            y = (y + 1) % height
    else:
        while y != target[1]:
            yield "y", x, y
            y = (y - 1) % height
        while x != target[0]:
            yield "x", x, y
            x = (x - 1) % width


def count(program, buffers, schedule, device, ways, fidelity="HiFi4"):
    """Bytes by tensor and mode, by bank, by link, and the products of each core; ``ways`` is what
    kernels do beside (codegen/ways.py)."""
    geometry, limits = geometry_of(device), limits_of(device)
    tensors, banks, links, products = Counter(), Counter(), Counter(), Counter()
    pages, filled = Counter(), Counter()
    shared = {each.buffer: each for each in schedule.shared_reads}
    width = schedule.core_grid[0]
    place = {
        core: (geometry.columns[core % width], geometry.rows[core // width])
        for core in range(len(schedule.counts))
    }

    def group(each, core):
        """The cores that get what this one would read, in the order of their places."""
        box = schedule.boxes[core]
        return [
            other
            for other, b in enumerate(schedule.boxes)
            if b.count
            and (
                (b.y, b.down, b.z, b.deep) == (box.y, box.down, box.z, box.deep)
                and other // width == core // width
                if each.along == "x"
                else (b.x, b.across) == (box.x, box.across)
                and other % width == core % width
                and (each.along == "yz" or (b.z, b.deep) == (box.z, box.deep))
            )
        ]

    def carry(noc, source, target, size):
        for kind, x, y in route(noc, source, target, geometry.size):
            links[noc, kind, x, y] += size
        links[(noc, "out", *source)] += size
        links[(noc, "in", *target)] += size

    x, y, _ = schedule.grid
    for core in range(len(schedule.counts)):
        for number, writes, turn in turns(schedule, core):
            block = number % x, number // x % y, number // x // y
            for step, env in steps_of_block(program, 0, block):
                if isinstance(step, p.Gemm):
                    a, b = step.a.shape[-2:], step.b.shape[-2:]
                    m, k = a[::-1] if step.transpose_a else a
                    m, k = (math.ceil(value_of(e, env) / 32) for e in (m, k))
                    n = math.ceil(value_of(b[0 if step.transpose_b else 1], env) / 32)
                    products[core] += m * n * k
                    continue
                for mode, region in (("read", step.src), ("write", step.dst)):
                    buffer = program.buffers[region.buffer]
                    if not isinstance(buffer, p.Tensor) or (mode == "write" and not writes):
                        continue
                    accessor = buffers[buffer.name].accessor
                    kept = ways.kept.get(buffer.name, ()) if mode == "read" else ()
                    if any(turn[axis] for axis in kept):
                        continue
                    each = shared.get(buffer.name) if mode == "read" else None
                    others = []
                    if each:
                        sender, *others = group(each, core)
                        if sender != core:
                            continue
                    first = value_of(region.at[-1], env) // 32
                    if mode == "read":
                        more = beyond(program, region, env, ways.first_rows)
                        filled[each.noc if each else 0, core] += more
                    for page in pages_of(program, region, env):
                        if mode == "write":
                            column = page % math.ceil(buffer.shape[-1] / 32) - first
                            noc = 1 if column < ways.spread.get(buffer.name, column + 1) else 0
                        else:
                            noc = each.noc if each else 0
                        pages[noc, core] += 1
                        bank = page % accessor.num_banks
                        tensors[buffer.name, mode] += accessor.page_size
                        banks[bank] += accessor.page_size
                        dram = geometry.dram[noc][bank]
                        if mode == "write":
                            carry(noc, place[core], dram, accessor.page_size)
                        else:
                            carry(noc, dram, place[core], accessor.page_size)
                        if others:
                            crossed = {
                                hop
                                for o in others
                                for hop in route(noc, place[core], place[o], geometry.size)
                            }
                            for kind, at_x, at_y in crossed:
                                links[noc, kind, at_x, at_y] += accessor.page_size
                            links[(noc, "out") + place[core]] += accessor.page_size
                            for o in others:
                                links[(noc, "in") + place[o]] += accessor.page_size
                                tensors[buffer.name, "receive"] += accessor.page_size
    cycles = limits.tile_product_cycles[fidelity] * max(products.values(), default=0)
    cores = range(len(schedule.counts))
    movers = {(pages[noc, core], filled[noc, core]) for noc in (0, 1) for core in cores}
    return tensors, banks, links, cycles, tuple(sorted(movers))
