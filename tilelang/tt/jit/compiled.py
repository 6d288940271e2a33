"""What is left of a function when TileLang has compiled it: text, from which a call makes the rest.

No kernel is generated here for good. Which blocks a core runs depends on the device, and a dynamic
dimension's value on the arguments: both are known at a call. What is kept is what the function is:
its tile program, or, where a dimension is dynamic, the function itself. It is generated once all
the same, for the device that is expected, so that what can't be is an error where it is compiled,
and there is a source to show.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import _ffi
from ..codegen.emit import sources
from ..codegen.generate import generate_all
from ..device_spec import DeviceSpec
from ..policies import said_of_schedule
from ..program import Program, listing
from ..runtime.checked import checked_launch
from ..runtime.running import schedules
from ..target import preset_name
from . import expected

# Of TileLang: which parameters are outputs, and whether the callee makes them (jit/abi.py there).
_OUT_IDX = "tilelang_out_idx"
_CALLEE_ALLOCATES = "tilelang_callee_allocated_outputs"

#: Elements of a dynamic dimension in the source that is shown.
SHOWN_EXTENT = 1024


@dataclass(frozen=True)
class Parameter:
    """A parameter of the function; ``shape`` is None of a number, and has the names of dimensions
    that are dynamic. Extents that are neither, such as ``m // 2``, are None."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


@dataclass(frozen=True)
class Compiled:
    """A function as it was compiled.

    Attributes
    ----------
    results : the parameters that a call makes and gives back, by their places; the rest it is given
    preset : what it is planned for, where the target names it; else for the device that is open
    program : the tile program's text, where no dimension is dynamic
    function : TVM's text of the function, where one is
    said : what its author says of its schedule (policies.said_of_schedule)
    """

    name: str
    parameters: tuple[Parameter, ...]
    results: tuple[int, ...]
    preset: str
    program: str
    function: str
    said: Mapping[str, Any]

    def to_text(self) -> str:
        parameters = [[p.name, p.dtype, p.shape] for p in self.parameters]
        return json.dumps({**vars(self), "parameters": parameters})

    @classmethod
    def from_text(cls, text: str) -> Compiled:
        values = json.loads(text)
        parameters = (
            Parameter(name, dtype, None if shape is None else tuple(shape))
            for name, dtype, shape in values.pop("parameters")
        )
        results = tuple(values.pop("results"))
        return cls(parameters=tuple(parameters), results=results, **values)

    def dims(self) -> tuple[str, ...]:
        """The names of dynamic dimensions, in the order in which parameters have them."""
        named = (extent for p in self.parameters for extent in p.shape or ())
        return tuple(dict.fromkeys(extent for extent in named if isinstance(extent, str)))

    def program_of(self, dims: Mapping[str, int]) -> Program:
        """The tile program for the values of dynamic dimensions.

        Raises what :func:`tilelang.tt.tile_program` does.
        """
        if self.program:
            return Program.from_json(self.program)
        from ..passes import tile_program

        return tile_program(_function(self.function), dims)


@functools.lru_cache(maxsize=64)
def _function(text: str) -> Any:
    return _ffi.import_tvm().ir.load_json(text)


def lower(mod: Any, target: Any) -> Any:
    """TileLang's pipeline. The functions that come out do nothing, since all that TileLang does
    with them after it is for machine code, and carry what the modules are made of.

    Raises NotImplementedError for a kernel that there is no way to run; else what
    :func:`tilelang.tt.tile_program` raises.
    """
    tvm = _ffi.import_tvm()
    named = list(mod.functions.items())
    if len(named) != 1:
        raise NotImplementedError(
            f"found {len(named)} functions, {[str(var.name_hint) for var, _ in named]}; expected 1"
        )
    ((_, func),) = named
    compiled = read(func, target)
    kernel, host = _shown(compiled, expected.shown_device(target))
    nothing = tvm.tirx.Evaluate(tvm.tirx.const(0, "int32"))

    def stub(symbol: str, **attrs: Any) -> Any:
        attrs |= {"global_symbol": symbol, "target": target}
        return tvm.tirx.PrimFunc([], nothing).with_attr(attrs)

    launched = tvm.ir.CallingConv.DEVICE_KERNEL_LAUNCH
    symbol = f"{compiled.name}_kernel"
    return tvm.IRModule(
        {
            symbol: stub(
                symbol, tt_source=kernel, calling_conv=int(launched), **{"tir.is_global_func": True}
            ),
            "main": stub("main", tt_source=host, tt_compiled=compiled.to_text()),
        }
    )


def device_module(mod: Any, target: Any) -> Any:
    """The module that has the kernels' sources, for get_kernel_source()."""
    return _make_module("", _attr(mod, "tt_source"))


def host_module(mod: Any, target_host: Any) -> tuple[Any, str]:
    """The module whose ``main`` is called, and what it holds of the kernel: its text."""
    text = _attr(mod, "tt_compiled")
    return _make_module(text, _attr(mod, "tt_source")), text


def _make_module(kernel: str, source: str) -> Any:
    import tvm_ffi

    return tvm_ffi.get_global_func("tl.tt.jit.make_module")(kernel, source)


def _attr(mod: Any, name: str) -> str:
    ((_, func),) = mod.functions.items()
    return str(func.attrs[name])


def read(func: Any, target: Any) -> Compiled:
    """What is kept of a function, for a target of ours."""
    tvm = _ffi.import_tvm()
    parameters = []
    for var in func.params:
        if var in func.buffer_map:
            buffer = func.buffer_map[var]
            shape = tuple(_extent(extent, tvm) for extent in buffer.shape)
            parameters.append(Parameter(str(buffer.name), str(buffer.dtype), shape))
        else:
            parameters.append(Parameter(str(var.name), str(var.dtype), None))
    attrs = func.attrs or {}
    results: tuple[int, ...] = ()
    if _CALLEE_ALLOCATES in attrs and int(attrs[_CALLEE_ALLOCATES]):
        places = (int(place) for place in attrs[_OUT_IDX])
        results = tuple(place % len(parameters) for place in places)
    name = str(attrs.get("global_symbol", "main"))
    preset, said = preset_name(target), said_of_schedule(attrs)
    whole = Compiled(name, tuple(parameters), results, preset, "", "", said)
    return _with_meaning(whole, func)


def _with_meaning(whole: Compiled, func: Any) -> Compiled:
    if whole.dims():
        return Compiled(**{**vars(whole), "function": str(_ffi.import_tvm().ir.save_json(func))})
    from ..passes import tile_program

    return Compiled(**{**vars(whole), "program": tile_program(func).to_text()})


def _extent(extent: Any, tvm: Any) -> int | str | None:
    if isinstance(extent, tvm.tirx.IntImm):
        return int(extent)
    return str(extent.name) if isinstance(extent, tvm.tirx.Var) else None


def _shown(compiled: Compiled, device: DeviceSpec) -> tuple[str, str]:
    """The text of the kernels, and of what a block does."""
    dims = {name: SHOWN_EXTENT for name in compiled.dims()}
    about = f"// {compiled.name} for {device.arch}, {device.grid_x} x {device.grid_y} cores"
    if dims:
        extents = ", ".join(f"{name} = {extent}" for name, extent in dims.items())
        about += f", with {extents}; a call makes it for its own shapes"
    try:
        program = compiled.program_of(dims)
        planned = schedules(program, device, compiled.said)
        plans = generate_all(program, planned, device, compiled.name)
    except (NotImplementedError, ValueError) as error:
        if not dims:
            raise
        text = f"{about}, there is none: {error}\n"
        return text, text
    text = about + "\n"
    for plan in plans:
        checked_launch(plan)
        launch = f" of launch {plan.launch}" if len(plans) > 1 else ""
        for role, source in sources(plan).items():
            text += f"\n// {role}.cpp{launch}\n{source}"
    described = "".join(f"// {line}\n" for line in listing(program).splitlines())
    return text, f"{about}\n// What a block does:\n{described}"
