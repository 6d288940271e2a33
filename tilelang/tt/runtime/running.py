"""``tilelang.tt.run(kernel, A, B)``: a kernel on a device, on numpy arrays or ttnn tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import upward
from ..codegen.generate import generate_all
from ..codegen.launch import Launch
from ..codegen.plan import KernelPlan
from ..device_spec import DeviceSpec
from ..metadata import Schedule
from ..plan import Plan
from ..policies import said_of_schedule
from ..program import Program, Tensor, Variable
from ..program.dtypes import DTYPES
from .checked import checked_launch
from .session.parent import Session

#: The job of a session that runs launches on arrays.
RUN = f"{__package__}.jobs.launching:run_kernels"


def run(
    kernel: Any,
    *args: Any,
    device: Any = None,
    function: str | None = None,
    timeout: float = 600.0,
    **named: Any,
) -> Any:
    """Run a kernel: generate its sources, compile what is new, and launch it by the schedule.

    Parameters
    ----------
    kernel : Plan, a PrimFunc or IRModule, or Program, or what TileLang compiled
        A plan's own schedule is used; else the default one of the device. What TileLang compiled is
        called, if no device is given: on what its calls take, and on the device that they use.
    args, named : the function's parameters in their order, or by name
        All of them, or all but the outputs, which then hold zeros before. Tensors are numpy arrays
        (bfloat16 is ml_dtypes'), scalars numbers. ``out`` is what the function writes, a tensor or
        a tuple of them in the order of the parameters, and has the results afterwards; but of a
        function with a parameter of that name it is that one.
    device : Session, or an open ttnn device of this process; by default a session that is opened
        for the call. With a ttnn device, tensors are ttnn's and on it, nothing is copied, and what
        comes back are ttnn tensors.
    function : which function of a plan or module that has several
    timeout : seconds that a session may take

    Returns the tensor that the kernel writes, or a tuple of them in the order of the parameters.

    Raises
    ------
    NotImplementedError
        No kernels are generated for it: the function, the step, the reason, and what to do.
    ValueError
        Arguments that don't fit, or a plan for another device.
    BackendError
        The device failed.
    ProtocolError
        What was generated would race or hang on a card, which no simulator notices.
    """
    if hasattr(kernel, "prim_func"):  # TileLang's JITKernel
        if device is None:
            return upward.calls().run(kernel, args, named)
        kernel = kernel.prim_func
    if device is None:
        from .backends.devices import open_device

        with open_device() as session:
            return run(kernel, *args, device=session, function=function, timeout=timeout, **named)
    if isinstance(device, Session):
        made = kernel_plans(kernel, device.spec, function)
        tensors, scalars = bind(made, args, named)
        launches = tuple(map(checked_launch, made))
        into = _outs(made, named)
        for name, each in into.items():
            if not isinstance(each, np.ndarray) or not each.flags.writeable:
                found = "a read-only array" if isinstance(each, np.ndarray) else type(each).__name__
                raise ValueError(f"out: {name}: found {found}; expected a numpy array to write to")
        found = device.call(RUN, launches, tensors, scalars, timeout=timeout)
        for name, each in into.items():
            each[...] = found[name]
        return _outputs(made, {**found, **into})
    return _in_process(kernel, args, named, device, function)


def kernel_plans(
    kernel: Any,
    device: DeviceSpec,
    function: str | None = None,
    said: Mapping[str, Any] | None = None,
) -> tuple[KernelPlan, ...]:
    """The kernel plan of each launch of whatever :func:`run` takes, for a device.

    A plan's schedules are its own; others are the default but for what a function's attributes say
    of them (policy, order and cores), or ``said`` of a program's.
    Raises ValueError for a plan of another grid, architecture or amount of L1.
    """
    if isinstance(kernel, Plan):
        name = _only(list(kernel.functions), function)
        _check_device(kernel.device, device)
        return generate_all(kernel.program(name), kernel.schedules(name), device, name)
    name, program, own = _program(kernel, function)
    return generate_all(program, schedules(program, device, said or own), device, name)


def kernel_plan(kernel: Any, device: DeviceSpec, function: str | None = None) -> KernelPlan:
    """The kernel plan of what has one launch. Raises what :func:`kernel_plans` does, and
    ValueError for several launches."""
    made = kernel_plans(kernel, device, function)
    if len(made) != 1:
        raise ValueError(f"found {len(made)} launches; expected one: kernel_plans has each")
    return made[0]


def schedules(
    program: Program, device: DeviceSpec, said: Mapping[str, Any] | None = None
) -> tuple[Schedule, ...]:
    """The schedule of each launch: the default one, but for what a function's author has ``said``
    (policies.said_of_schedule)."""
    from ..describe import schedule_program, schedule_tiles

    if said:
        return schedule_program(program, device, **said)
    return tuple(schedule_tiles(launch.grid, device) for launch in program.launches)


def _program(kernel: Any, function: str | None) -> tuple[str, Program, dict[str, Any]]:
    """A kernel's name, what its blocks do, and what its author says of their schedule."""
    if isinstance(kernel, Program):
        return function or "kernel", kernel, {}
    from ..passes import tile_program

    functions = getattr(kernel, "functions", None)
    if functions is not None:
        by_name = {str(var.name_hint): func for var, func in functions.items()}
        name = _only(list(by_name), function)
        kernel = by_name[name]
    else:
        name = function or str((kernel.attrs or {}).get("global_symbol", "kernel"))
    return name, tile_program(kernel), said_of_schedule(kernel.attrs or {})


def _only(names: list[str], function: str | None) -> str:
    if function is None and len(names) == 1:
        return names[0]
    if function not in names:
        found = f"{len(names)} functions" if function is None else f"no function {function!r}"
        raise ValueError(f"found {found}; expected function= one of {names}")
    return function


def _check_device(planned: DeviceSpec, device: DeviceSpec) -> None:
    for field in ("arch", "grid_x", "grid_y"):
        wanted, found = getattr(planned, field), getattr(device, field)
        if wanted != found:
            raise ValueError(
                f"the plan is for a device with {field} {wanted}; found {found}; plan the kernel "
                "for this device (tilelang-tt device -o device.json, plan --device device.json)"
            )


def outputs_of(plans: Sequence[KernelPlan]) -> tuple[int, ...]:
    """The parameters that a function writes, by their places among its buffers, in order."""
    written = {id for each in plans for id in each.outputs}
    return tuple(id for id in plans[0].tensors if id in written)


def pure_outputs(plans: Sequence[KernelPlan]) -> tuple[int, ...]:
    """Those of which nothing is read that they held before: what the function reads of them, it
    has written in an earlier launch."""
    needed: set[int] = set()
    written: set[int] = set()
    for each in plans:
        needed |= {*each.inputs} - written
        written |= {*each.outputs}
    return tuple(id for id in outputs_of(plans) if id not in needed)


def bind(
    plans: Sequence[KernelPlan], args: Sequence[Any], named: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, int | float]]:
    """Tensors and scalars by the names that launches have for them. Raises ValueError."""
    plan = plans[0]
    parameters = plan.program.parameters()
    parameters = [p for p in parameters if not isinstance(p, Variable) or p.param is not None]
    outputs = {plan.program.buffers[id].name for id in pure_outputs(plans)}
    label = {each.name: plan.labels[each.name] for each in parameters}
    given = _outs(plans, named)
    for key, value in named.items():
        if key == "out" and given:
            continue
        mine = [name for name, its in label.items() if its == key]
        if len(mine) != 1:
            raise ValueError(
                f"{plan.function}: found an argument {key!r}; expected one of {[*label.values()]}"
            )
        given[mine[0]] = value
    rest = [each for each in parameters if each.name not in given]
    inputs = [each for each in rest if each.name not in outputs]
    for expected in (rest, inputs):
        if len(args) == len(expected):
            given |= {each.name: arg for each, arg in zip(expected, args, strict=True)}
            break
    else:
        raise ValueError(
            f"{plan.function}: found {len(args)} arguments; expected {len(rest)} "
            f"({', '.join(label[each.name] for each in rest)}), or {len(inputs)} without outputs"
        )
    tensors: dict[str, Any] = {}
    scalars: dict[str, int | float] = {}
    for each in parameters:
        if isinstance(each, Tensor):
            if each.name in given:
                tensors[each.name] = given[each.name]
        else:
            scalars[each.name] = scalar_value(plan.function, each, given[each.name])
    return tensors, scalars


def _outs(plans: Sequence[KernelPlan], named: Mapping[str, Any]) -> dict[str, Any]:
    """What ``out`` says of the tensors that a function writes, by their names, if anything."""
    plan = plans[0]
    if "out" not in named or "out" in plan.labels.values():
        return {}
    names = [plan.program.buffers[id].name for id in outputs_of(plans)]
    out = named["out"]
    out = tuple(out) if isinstance(out, (tuple, list)) else (out,)
    if len(out) != len(names):
        raise ValueError(
            f"{plan.function}: found {len(out)} tensors as out; expected {len(names)} "
            f"({', '.join(plan.labels[name] for name in names)})"
        )
    return dict(zip(names, out, strict=True))


def scalar_value(function: str, scalar: Variable, value: Any) -> int | float:
    """The number that is given for a scalar parameter. Raises ValueError for one that isn't."""
    number = plain_number(value)
    known = DTYPES[scalar.dtype]
    fits = isinstance(number, int) and not isinstance(number, bool)
    if known.kind == "float":
        fits = fits or isinstance(number, float)
    elif known.kind == "bool":
        fits = isinstance(number, bool)
    elif known.kind in ("int", "uint"):
        fits = fits and known.least <= number <= known.largest
    if not fits:
        found = (
            f"a {type(value).__name__} of shape {tuple(value.shape)}"
            if hasattr(value, "shape") and number is value
            else repr(value)
        )
        raise ValueError(
            f"{function}: {scalar.name}: found {found}; expected a number of {scalar.dtype}"
        )
    fitting: int | float = number
    return fitting


def plain_number(value: Any) -> Any:
    """A number of numpy's or torch's as Python has it; what is none, as it is."""
    try:
        return value.item() if hasattr(value, "item") else value
    except (RuntimeError, ValueError):  # several
        return value


def _outputs(plans: Sequence[KernelPlan], found: Mapping[str, Any]) -> Any:
    out = tuple(found[plans[0].program.buffers[id].name] for id in outputs_of(plans))
    return out[0] if len(out) == 1 else out


def _in_process(
    kernel: Any, args: Sequence[Any], named: Mapping[str, Any], device: Any, function: str | None
) -> Any:
    """On a ttnn device of this process, and tensors that are there."""
    if not hasattr(device, "compute_with_storage_grid_size"):
        raise ValueError(
            f"device= is a {type(device).__name__}; expected a Session or an open ttnn device"
        )
    from .jobs import launching

    made = kernel_plans(kernel, DeviceSpec.from_ttnn(device), function)
    tensors, scalars = bind(made, args, named)
    launches: tuple[Launch, ...] = tuple(map(checked_launch, made))
    placed = launching.placed(device, launches, tensors)
    for each in launches:
        launching.enqueue(device, each, placed, scalars)
    return _outputs(made, placed)
