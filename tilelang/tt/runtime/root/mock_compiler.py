"""What stands in the compiler's place for a mock cluster: it hands out ready firmware.

TT-metal builds a device's firmware before it opens the device, a mock one too, and says
on the command line how many banks the device has. A mock device runs nothing, so the
firmware only has to be one that TT-metal can read. Kernels are refused: they would
seem to run.
"""

from __future__ import annotations

import json
import os
import shutil
import sys

#: The firmware index, a file of the runtime root.
INDEX = "firmware.json"

_BANKS = ("NUM_DRAM_BANKS", "NUM_L1_BANKS")


def main(argv: list[str]) -> int:
    if "--version" in argv:
        print("riscv-tt-elf-g++ (tilelang-tt mock: hands out ready firmware, compiles nothing) 1.0")
        return 0
    if "-o" not in argv[:-1]:
        return _refuse(f"found no -o FILE in {' '.join(argv)}")
    output = argv[argv.index("-o") + 1]
    if output.endswith(".elf"):
        return _link(argv, output)
    if output.endswith(".gch"):
        return _refuse("a precompiled header is of no use, since nothing is compiled")
    return _compile(argv, output)


def _compile(argv: list[str], output: str) -> int:
    """Write an "object" that says what banks the firmware is for; the link step isn't told."""
    if "-DFW_BUILD" not in argv:
        return _refuse("a mock runs no kernels, so none is compiled; use a simulator or a card")
    defines = dict(arg[2:].split("=", 1) for arg in argv if arg.startswith("-D") and "=" in arg)
    with open(output, "w") as file:
        json.dump([int(defines[name]) for name in _BANKS], file)
    if "-MF" in argv:
        with open(argv[argv.index("-MF") + 1], "w") as dependencies:
            dependencies.write(f"{output}:\n")
    return 0


def _link(argv: list[str], output: str) -> int:
    """Copy the ready firmware that fits best. A mock runs none of it, so any will do."""
    folder = os.path.dirname(os.path.abspath(output))
    objects = [arg for arg in argv if arg.endswith(".o") and os.path.dirname(arg) == folder]
    if not objects:
        return _refuse(f"found none of its objects in {' '.join(argv)}")
    with open(objects[0]) as file:
        banks = json.load(file)
    with open(os.path.join(os.environ["TT_METAL_RUNTIME_ROOT"], INDEX)) as file:
        builds = json.load(file)
    builds.sort(key=lambda build: [build["banks"][i] != banks[i] for i in range(len(banks))])
    processor = os.path.basename(output).split(".")[0]
    for build in builds:
        elf = os.path.join(build["path"], processor, processor + ".elf")
        if os.path.exists(elf):
            shutil.copyfile(elf, output)
            return 0
    return _refuse(f"ttnn's wheel has no ready firmware for the processor {processor}")


def _refuse(why: str) -> int:
    print(f"tilelang-tt mock compiler: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
