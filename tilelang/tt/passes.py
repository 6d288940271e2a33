"""The passes, as functions over an IRModule or a PrimFunc.

Each takes either and gives back a new one of the same kind; the argument stays as it
was, also when an error is raised. Errors are ValueError (malformed input) or
NotImplementedError (input there is no rule for), and name the function, the buffer or
the axis, the value found and the value expected.

The same passes are registered as ``tl.tt.transform.<Name>`` and compose in
``tvm.transform.Sequential``.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from . import _ffi
from .choice import choose, options
from .device_spec import DeviceLike, DeviceSpec, resolve_device
from .metadata import tt_attrs
from .policies import AUTO, POLICIES, Cores, policy_attrs

if TYPE_CHECKING:
    from tvm_ffi import Object

    from .program import Program

_ffi.require_tvm()

#: An IRModule or a PrimFunc. TVM's classes differ between TVMs; this is what they share.
Function = TypeVar("Function", bound="Object")


def _make(name: str) -> Any:
    """The function that makes a pass."""
    _ffi.import_tvm()
    from . import _ffi_api

    return getattr(_ffi_api, name)


@functools.cache
def _pass(name: str) -> Any:
    return _make(name)()


def run_pass(name: str, func_or_mod: Function) -> Function:
    """Run the registered pass ``tl.tt.transform.<name>``, which takes no argument."""
    return _over_module(func_or_mod, _pass(name))


def _over_module(func_or_mod: Function, rewrite: Callable[[Any], Any]) -> Function:
    """Apply a rewrite of modules to a module, or to a function as the only one of a module."""
    tvm = _ffi.import_tvm()
    result: Function
    if isinstance(func_or_mod, tvm.IRModule):
        result = rewrite(func_or_mod)
        return result
    if isinstance(func_or_mod, tvm.tirx.PrimFunc):
        result = rewrite(tvm.IRModule({"main": func_or_mod}))["main"]
        return result
    kind = f"{type(func_or_mod).__module__}.{type(func_or_mod).__qualname__}"
    traced = " (kernel.get_tir(M=1024, ...) gives one)" if hasattr(func_or_mod, "get_tir") else ""
    raise ValueError(f"found a {kind}; expected a tvm.IRModule or a tvm.tirx.PrimFunc{traced}")


def bind_tt_device(func_or_mod: Function, device: DeviceLike | None = None) -> Function:
    """Put the device to compile for on each function, as ``tt_device``.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc
    device : DeviceSpec, dict, path, preset's name, "live", ttnn device, or None
        Asked for in this order, and the first that answers wins: this argument; the
        function's own ``tt_device``; the module's; the environment variable
        TILELANG_TT_DEVICE (a file or a preset's name); a live ttnn device.

    Raises
    ------
    ValueError
        No device is to be had (the message lists the ways to name one), or its
        description is malformed.
    """
    return _over_module(func_or_mod, lambda mod: _bind(mod, device))


def _bind(mod: Any, device: DeviceLike | None) -> Any:
    spec = _device_of(mod, device)
    return mod if spec is None else _device_pass("BindTTDevice", spec, device is not None)(mod)


def _device_of(mod: Any, device: DeviceLike | None) -> DeviceSpec | None:
    """The device that :func:`bind_tt_device` finds; None where each function has its own."""
    if device is not None:
        return resolve_device(device)
    if all("tt_device" in (func.attrs or {}) for func in mod.functions.values()):
        return None
    if "tt_device" in (mod.attrs or {}):
        return DeviceSpec.from_attr(mod.attrs["tt_device"], "the module's tt_device")
    return DeviceSpec.query()


@functools.lru_cache(maxsize=16)
def _device_pass(name: str, spec: DeviceSpec | None, replace: bool) -> Any:
    return _make(name)(spec and spec.to_attr(), replace)


def infer_default_tt_schedule(func_or_mod: Function, device: DeviceLike | None = None) -> Function:
    """Work out which core runs which blocks.

    The blocks are the instances of ``T.Kernel``, with id ``(bz * grid_y + by) * grid_x + bx``.
    By the default policy they go to the cores of the device's compute grid in contiguous ranges,
    cores in row-major order, split as ``ttnn.split_work_to_cores(grid, blocks, row_wise=True)``
    does. :func:`annotate` says another.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc
    device : see :func:`bind_tt_device`

    Returns
    -------
    The same kind, with ``tt_grid_x/y/z`` (blocks), ``tt_num_tiles``, ``tt_num_cores``,
    ``tt_core_order``, ``tt_tiles_per_core`` (of a rectangular schedule ``tt_block_boxes`` and
    ``tt_shared_reads``), ``tt_core_ranges`` and ``tt_runtime_args_schema``.
    Read them with :func:`tilelang.tt.schedule_of`.

    Raises
    ------
    ValueError
        No T.Kernel, an extent below 1, two parameters of one name, no device, or an
        attribute of the author's that contradicts the launch or the device.
    NotImplementedError
        Two T.Kernels, a symbolic extent or dimension without a value, device memory that the
        kernel allocates, more than 2**32 - 1 blocks, a parameter that is
        a bare pointer or a scalar of more than 32 bits, an unknown policy or order.
    """
    return _over_module(
        func_or_mod, lambda mod: _pass("InferDefaultTTSchedule")(_bind(mod, device))
    )


def infer_default_tt_shard(func_or_mod: Function, device: DeviceLike | None = None) -> Function:
    """Work out where each page of each tensor parameter lives.

    The layout is tiles of 32 x 32 elements, interleaved page by page over the device's
    DRAM banks, as TT-metal's TensorAccessor addresses it.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc
    device : see :func:`bind_tt_device`

    Returns
    -------
    The same kind, with ``tt_buffers``: a descriptor for each tensor parameter. Read it
    with :func:`tilelang.tt.buffer_attrs` or :func:`tilelang.tt.buffers_of`.

    Raises
    ------
    ValueError
        A dimension below 1, two parameters of one name, no device, or an attribute of
        the author's that contradicts the shapes or the device.
    NotImplementedError
        A symbolic dimension without a value, a dtype with no Tenstorrent format on the device, a
        tensor that is not compact, a parameter that is a bare pointer, an unknown layout.
    """
    return _over_module(func_or_mod, lambda mod: _pass("InferDefaultTTShard")(_bind(mod, device)))


def verify_tt_metadata(func_or_mod: Function) -> Function:
    """Check that the metadata is complete and consistent, and return the argument.

    Every block is run exactly once; ranges and rectangles agree and lie inside the
    device's grid; descriptors agree with the buffers' shapes and the device.

    Raises
    ------
    ValueError, NotImplementedError
        Naming what disagrees, with the value found and the value expected.
    """
    return run_pass("VerifyTTMetadata", func_or_mod)


def annotate(
    func_or_mod: Function,
    policy: str | None = None,
    order: str | None = None,
    cores: Cores | None = None,
) -> Function:
    """Say how the blocks of a function are to go to cores, as ``T.func_attr`` says it in a kernel.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc
        Of a module, each function gets it.
    policy : "contiguous", "strided", "rectangular" or "auto"
        ``tt_schedule_policy``. Under "rectangular", cores of a row and of a column read together
        what their blocks read alike; "auto" lets :func:`infer_metadata` choose.
    order : "row_major" or "column_major"
        ``tt_schedule_order``: whether blocks are counted along x or along y first.
    cores : the cores that may be used, all where it is left out
        ``tt_cores``: a grid of the first ones (columns, rows), a rectangle (x0, y0, x1, y1) with
        corners inclusive, or a list of disjoint rectangles.

    Returns
    -------
    The same kind, for :func:`infer_metadata`. What is None stays as the author has it.

    Raises
    ------
    ValueError
        Cores of another form.
    NotImplementedError
        An unknown policy or order.

    Examples
    --------
    >>> tt.infer_metadata(tt.annotate(func, policy="rectangular", cores=(4, 4)), "n150")
    """
    given = policy_attrs(policy, order, cores)

    def rewrite(mod: Any) -> Any:
        tvm = _ffi.import_tvm()
        functions = {
            var: _with_attrs(func, given) if isinstance(func, tvm.tirx.PrimFunc) else func
            for var, func in mod.functions.items()
        }
        return tvm.IRModule(functions, attrs=mod.attrs)

    return _over_module(func_or_mod, rewrite) if given else func_or_mod


def _with_attrs(func: Any, attrs: Mapping[str, Any]) -> Any:
    for name, value in attrs.items():
        func = func.with_attr(name, value)
    return func


def bind_tt_dims(func_or_mod: Function, dims: Mapping[str, int]) -> Function:
    """Give symbolic dimensions their values, as ``tt_dims``, wherever they occur: in shapes and
    strides, in T.Kernel's extents and in loops' bounds. The function itself stays as it is.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc
        Of a module, each function gets all of them.
    dims : a value of at least 1 for each name: of ``T.dynamic("m")``, or of a scalar parameter

    Raises
    ------
    ValueError
        A value that is no integer of at least 1. A name that the function does not have is an
        error of the passes that read it.
    """
    values = {}
    for name, value in dims.items():
        try:
            values[str(name)] = operator.index(value)
        except TypeError:
            raise ValueError(f"dims[{name!r}] is {value!r}; expected an integer") from None
        if values[name] < 1:
            raise ValueError(f"dims[{name!r}] is {value}; expected at least 1")

    def bind(mod: Any) -> Any:
        tvm = _ffi.import_tvm()
        functions = {
            var: func.with_attr("tt_dims", values) if isinstance(func, tvm.tirx.PrimFunc) else func
            for var, func in mod.functions.items()
        }
        return tvm.IRModule(functions, attrs=mod.attrs)

    return _over_module(func_or_mod, bind)


def tile_program(func: Any, dims: Mapping[str, int] | None = None) -> Program:
    """What the blocks of a function do, in the order in which they do it (docs/program.md).

    Parameters
    ----------
    func : tvm.tirx.PrimFunc
    dims : values of symbolic dimensions; left out, those that :func:`bind_tt_dims` bound

    Raises
    ------
    ValueError, NotImplementedError
        What :func:`infer_default_tt_shard` raises of a function's parameters, and
        :func:`infer_default_tt_schedule` of its launches; what else is not understood is a step of
        the program that says so.

    Examples
    --------
    >>> print(tt.program.listing(tt.tile_program(func)))
    >>> C = tt.reference(tt.tile_program(func))(A, B)     # in numpy
    """
    tvm = _ffi.import_tvm()
    if not isinstance(func, tvm.tirx.PrimFunc):
        raise ValueError(f"found a {type(func).__name__}; expected a tvm.tirx.PrimFunc")
    from ._ffi_api import read_program
    from .program import Program

    bound = dims if dims is not None else (func.attrs or {}).get("tt_dims") or {}
    return Program.from_json(str(read_program(func, {**bound})))


def infer_metadata(
    func_or_mod: Function,
    device: DeviceLike | None = None,
    dims: Mapping[str, int] | None = None,
    policy: str | None = None,
    order: str | None = None,
    cores: Cores | None = None,
) -> Function:
    """The whole stage: dimensions' values, defaults, device, schedule, shard, verify.

    It is one pass, ``InferTTMetadata``, that does to each function what those do.

    Parameters
    ----------
    func_or_mod : tvm.IRModule or tvm.tirx.PrimFunc
    device : see :func:`bind_tt_device`
    dims : see :func:`bind_tt_dims`; a dimension that is left symbolic is refused by name
    policy, order, cores : see :func:`annotate`; what is left out is the author's, or the default
    """

    def stage(mod: Any) -> Any:
        if dims:
            mod = bind_tt_dims(mod, dims)
        mod = annotate(mod, policy, order, cores)
        spec = _device_of(mod, device)
        infer = _device_pass("InferTTMetadata", spec, device is not None)
        try:
            return infer(mod)
        except NotImplementedError:
            # The pass refuses "auto". To ask each function before costs a seventh of the stage.
            chosen = _chosen(mod, infer)
            if chosen is mod:
                raise
        return infer(chosen)

    return _over_module(func_or_mod, stage)


def _chosen(mod: Any, infer: Callable[[Any], Any]) -> Any:
    """A module, in which each function that leaves its policy open has the one that its bounds
    choose, with the reason."""
    asked = {
        var: func
        for var, func in mod.functions.items()
        if str((func.attrs or {}).get("tt_schedule_policy")) == AUTO
    }
    if not asked:
        return mod
    tvm = _ffi.import_tvm()
    functions = dict(mod.functions.items())
    for var, func in asked.items():

        def under(policy: str, var: Any = var, func: Any = func) -> Mapping[str, Any]:
            alone = func.with_attr("tt_schedule_policy", policy)
            return tt_attrs(infer(tvm.IRModule({var: alone}, attrs=mod.attrs))[var])

        if "tt_program" not in under(POLICIES[0]):  # host code, which has no T.Kernel
            functions[var] = func.without_attr("tt_schedule_policy")
            continue
        try:
            best, reason = choose(options(under))
        except NotImplementedError as error:
            raise NotImplementedError(f"{var.name_hint}: {error}") from None
        attrs = {"tt_schedule_policy": best.policy, "tt_schedule_reason": reason}
        functions[var] = _with_attrs(func, attrs)
    return tvm.IRModule(functions, attrs=mod.attrs)
