"""Runs the kernel beside this file on numpy arrays, with ttnn alone.

    python host.py [A.npy ...] [-o OUT]                                    on a card
    tilelang-tt exec --backend ttsim -- python host.py [A.npy ...] [-o OUT]  on a simulator

Arrays are the inputs in their order; without any, they are random. Each output is written to OUT,
or, where there are several, to OUT with the output's name before its suffix, as float32.
kernel.json has what the kernels are given: buffers in L1, arguments by name and class, cores. Where
a function has several launches, each is in a folder of its own, and they run in order.
"""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import ttnn

HERE = Path(__file__).resolve().parent
FOLDERS = sorted(HERE.glob("launch_*"), key=lambda each: int(each.name.split("_")[1])) or [HERE]
PLANS = {folder: json.loads((folder / "kernel.json").read_text()) for folder in FOLDERS}
FORMATS = {"bfloat16": ttnn.bfloat16, "float32": ttnn.float32}


def word(argument, addresses, scalars):
    """An argument as the word of 32 bits that a kernel gets."""
    if argument["class"] == "address":
        return addresses[argument["source"]]
    value = scalars[argument["source"]] if argument["class"] == "scalar" else argument["value"]
    if argument["dtype"] == "float32":
        return struct.unpack("<I", struct.pack("<f", float(value)))[0]
    return int(value) & 0xFFFFFFFF


def own_words(device, plan, role, core):
    """What a core gets for itself: its blocks, and its group in each tensor that it reads together
    with others. NoC 1 goes from the last corner of a rectangle to the first."""

    def place(x, y):
        at = device.worker_core_from_logical_core(ttnn.CoreCoord(x, y))
        return [at.x, at.y]

    blocks = [value for key, value in core.items() if key not in ("x", "y", "groups")]
    words = []
    for shared in plan.get("shared_reads", ()):
        if shared["kernel"] == role:
            group = core["groups"][shared["tensor"]]
            x0, y0, x1, y1 = group["receivers"]
            corners = [place(x0, y0), place(x1, y1)]
            first, last = reversed(corners) if shared["noc"] else corners
            sends = group["sender"] == [core["x"], core["y"]]
            words += [int(sends), *place(*group["sender"]), *first, *last]
    return blocks + words


def kernel(device, folder, role, tensors, cores, scalars):
    """One of the three kernels, with its arguments."""
    plan = PLANS[folder]
    own = ttnn.RuntimeArgs()
    for core in plan["cores"]:
        own[core["x"]][core["y"]] = own_words(device, plan, role, core)
    addresses = {name: tensor.buffer_address() for name, tensor in tensors.items()}
    shared = [a for a in plan["arguments"][role] if a["class"] != "per core"]
    config = {
        "reader": ttnn.ReaderConfigDescriptor,
        "compute": lambda: ttnn.ComputeConfigDescriptor(
            math_fidelity=getattr(ttnn.MathFidelity, plan["math_fidelity"]),
            fp32_dest_acc_en=plan["dst"]["format"] == "float32",
        ),
        "writer": ttnn.WriterConfigDescriptor,
    }[role]()
    return ttnn.KernelDescriptor(
        kernel_source=str(folder / f"{role}.cpp"),
        source_type=ttnn.KernelDescriptor.SourceType.FILE_PATH,
        core_ranges=cores,
        compile_time_args=[
            each
            for name in plan["accessors"].get(role, ())
            for each in ttnn.TensorAccessorArgs(tensors[name]).get_compile_time_args()
        ],
        runtime_args=own,
        common_runtime_args=[word(a, addresses, scalars) for a in shared],
        config=config,
    )


def program(device, folder, tensors, scalars):
    """The program of a launch."""
    plan = PLANS[folder]
    coordinates = [ttnn.CoreCoord(core["x"], core["y"]) for core in plan["cores"]]
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(each, each) for each in coordinates])
    buffers = [
        ttnn.CBDescriptor(
            total_size=each["bytes"],
            core_ranges=cores,
            format_descriptors=[
                ttnn.CBFormatDescriptor(
                    buffer_index=each["index"],
                    data_format=FORMATS[each["format"]],
                    page_size=each["page_bytes"],
                )
            ],
        )
        for each in plan["buffers"]
    ]
    kernels = [kernel(device, folder, role, tensors, cores, scalars) for role in plan["arguments"]]
    semaphores = [
        ttnn.SemaphoreDescriptor(id=number, core_ranges=cores, initial_value=0)
        for shared in plan.get("shared_reads", ())
        for number in shared["semaphores"].values()
    ]
    return ttnn.ProgramDescriptor(kernels=kernels, semaphores=semaphores, cbs=buffers)


def to_device(device, array, spec):
    """A tiled tensor in the device's DRAM."""
    array = np.ascontiguousarray(array, dtype=np.float32)
    if array.shape != tuple(spec["shape"]):
        raise SystemExit(f"{spec['name']}: found shape {array.shape}; expected {spec['shape']}")
    tensor = ttnn.to_layout(ttnn.Tensor(array, FORMATS[spec["format"]]), ttnn.TILE_LAYOUT)
    return ttnn.to_device(tensor, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def all_tensors():
    """Each tensor once: those that some launch writes say so, and those that hold inputs."""
    found = {}
    for plan in PLANS.values():
        for spec in plan["tensors"]:
            known = found.setdefault(spec["name"], {**spec, "written": False, "input": False})
            reads = not spec["written"] or spec.get("read", False)
            known["input"] |= reads and not known["written"]
            known["written"] |= spec["written"]
    return list(found.values())


def run(device, arrays, scalars=None):
    """Run the launches once; arrays are by name, and so are the outputs, as float32."""
    specs = all_tensors()
    tensors = {
        spec["name"]: to_device(device, arrays.get(spec["name"], np.zeros(spec["shape"])), spec)
        for spec in specs
    }
    for folder in FOLDERS:
        # ttnn takes the last tensor for the output, and wants an input before it.
        its = sorted(PLANS[folder]["tensors"], key=lambda spec: spec["written"])
        given = [tensors[spec["name"]] for spec in its]
        ttnn.generic_op([*given, given[-1]], program(device, folder, tensors, scalars or {}))
    outputs = [spec for spec in specs if spec["written"] and not spec.get("workspace")]
    return {
        spec["name"]: ttnn.to_dtype(ttnn.from_device(tensors[spec["name"]]), ttnn.float32)
        .to_numpy()
        .reshape(spec["shape"])
        for spec in outputs
    }


def main():
    parser = argparse.ArgumentParser(description="runs the kernel beside this file")
    parser.add_argument("inputs", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("-s", "--scalar", action="append", default=[], metavar="NAME=VALUE")
    args = parser.parse_args()
    specs = [spec for spec in all_tensors() if spec["input"] or not spec["written"]]
    if args.inputs and len(args.inputs) != len(specs):
        raise SystemExit(f"found {len(args.inputs)} arrays; expected {[s['name'] for s in specs]}")
    numbers = np.random.default_rng(0)
    arrays = {spec["name"]: numbers.standard_normal(spec["shape"]) for spec in specs}
    for spec, path in zip(specs, args.inputs, strict=False):
        arrays[spec["name"]] = np.load(path)
    scalars = {name: float(value) for name, value in (each.split("=") for each in args.scalar)}
    device = ttnn.open_device(device_id=0)
    try:
        outputs = run(device, arrays, scalars)
    finally:
        ttnn.close_device(device)
    for name, array in outputs.items():
        print(f"{name}: {array.shape}, between {array.min():g} and {array.max():g}")
        if args.output is not None:
            path = args.output
            if len(outputs) > 1:
                path = path.with_name(f"{path.stem}.{name}{path.suffix}")
            np.save(path, array)


if __name__ == "__main__":
    main()
