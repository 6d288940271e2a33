"""``plan --compare``: what each policy moves, and the cycles that bound it, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from ..bounds import RESOURCES, Bounds
from ..choice import Option, bounds_of_function, choose
from ..codegen.generate import generate_all
from ..larger_blocks import larger_blocks
from ..plan import Plan
from ..policies import said_of_schedule
from ..text import printable
from .show import table


def compare(plans: Mapping[str, Plan | str]) -> list[dict[str, Any]]:
    """What each policy moves and what bounds it: a document for each function.

    ``plans`` are one kernel's by policy; instead of one there may be the reason why there is none.
    """
    made = next(plan for plan in plans.values() if isinstance(plan, Plan))
    return [_function(name, plans) for name in made.functions]


def _function(name: str, plans: Mapping[str, Plan | str]) -> dict[str, Any]:
    found = []
    document: dict[str, Any] = {"function": name, "policies": {}}
    for policy, plan in plans.items():
        if isinstance(plan, str):
            option = Option(policy, refused=plan)
        else:
            try:
                option = Option(policy, bounds_of_function(plan.functions[name]))
            except NotImplementedError as error:
                option = Option(policy, refused=f"its bounds aren't known: {error}")
        found.append(option)
        if option.refused or isinstance(plan, str):
            document["policies"][policy] = {"refused": option.refused}
            continue
        kernels = _kernels(plan, name)
        document["policies"][policy] = {
            "launches": [
                {
                    "most_blocks_a_core": max(schedule.counts),
                    **_document(bounds),
                    **({"no_kernels": kernels} if isinstance(kernels, str) else {"l1": kernels[n]}),
                }
                for n, (bounds, schedule) in enumerate(
                    zip(option.launches, plan.schedules(name), strict=True)
                )
            ]
        }
    try:
        best, reason = choose(found)
        document["auto"] = {"policy": best.policy, "reason": reason}
        plan = plans[best.policy]
        assert isinstance(plan, Plan)
        document["larger_blocks"] = [
            _larger(plan, name, launch) for launch in range(len(best.launches))
        ]
    except NotImplementedError as error:
        document["auto"] = {"refused": str(error)}
    return document


def _larger(plan: Plan, name: str, launch: int) -> dict[str, Any]:
    """What larger blocks of a launch would cost under the policy that "auto" takes."""
    found, reason = larger_blocks(
        plan.program(name), plan.buffers(name), plan.schedules(name)[launch], plan.device,
        said_of_schedule(plan.functions[name]), launch,
    )  # fmt: skip
    if reason:
        return {"refused": reason}
    return {
        "shapes": [
            {
                "times": list(each.times),
                "blocks": each.blocks,
                "cores": each.bounds.cores,
                "read": each.bounds.read,
                "least": each.bounds.least,
                "wall": each.bounds.wall,
                "scratch": each.bounds.l1_bytes,
                "fits": each.fits,
            }
            for each in found
        ]
    }


def _document(bounds: Bounds) -> dict[str, Any]:
    """A launch's bounds, as JSON; bytes, and cycles."""
    return {
        "cores": bounds.cores,
        "imbalance": bounds.imbalance,
        "repeated_turns": bounds.repeated,
        "tensors": {
            name: {
                "bytes": each.size,
                "read": each.read,
                "written": each.written,
                "received": each.received,
                "exact": each.exact,
            }
            for name, each in bounds.tensors.items()
        },
        "bank": {"number": bounds.bank[0], "bytes": bounds.bank[1]},
        "links": [
            {"noc": each.noc, "link": str(each), "bytes": each.bytes} for each in bounds.links
        ],
        "cycles": dict(bounds.cycles),
        "wall": bounds.wall,
        "least": bounds.least,
        "microseconds": bounds.microseconds,
        "utilisation": bounds.utilisation,
        "l1_room": bounds.l1_room,
        "notes": list(bounds.notes),
    }


def _kernels(plan: Plan, name: str) -> list[int] | str:
    """Bytes of L1 that the generated kernels of each launch take, or why there are none."""
    try:
        made = generate_all(plan.program(name), plan.schedules(name), plan.device, name)
    except (NotImplementedError, ValueError) as error:
        return str(error)
    return [each.l1_bytes for each in made]


def draw(console: Console, documents: Sequence[Mapping[str, Any]]) -> None:
    """A table of each launch of each function: a column a policy."""
    for document in documents:
        name = printable(document["function"])
        policies: Mapping[str, Any] = document["policies"]
        taken = {p: each["launches"] for p, each in policies.items() if "launches" in each}
        for number in range(len(next(iter(taken.values()), []))):
            of_several = f", launch {number}" if len(next(iter(taken.values()))) > 1 else ""
            console.print(Text.assemble("\n", (name + of_several, "bold")))
            launches = {policy: each[number] for policy, each in taken.items()}
            table(console, ["", *launches], list(_rows(launches)))
            for note in dict.fromkeys(n for each in launches.values() for n in each["notes"]):
                console.print(printable(note), style="dim", soft_wrap=True)
            told = [each["no_kernels"] for each in launches.values() if "no_kernels" in each]
            for text in dict.fromkeys(told):
                console.print(printable(f"no kernels: {text}"), style="dim", soft_wrap=True)
        for policy, each in policies.items():
            if "refused" in each:
                console.print(printable(f"{policy}: {each['refused']}"), soft_wrap=True)
        for larger in document.get("larger_blocks", ()):
            _draw_larger(console, larger)
        auto = document["auto"]
        text = auto.get("refused") or f"auto takes {auto['policy']}. {auto['reason']}"
        console.print(printable(text), soft_wrap=True)


def _draw_larger(console: Console, larger: Mapping[str, Any]) -> None:
    if "refused" in larger:
        console.print(printable(larger["refused"]), style="dim", soft_wrap=True)
        return
    rows: list[list[Text | str]] = [
        [
            "x".join(map(str, each["times"])),
            str(each["blocks"]),
            str(each["cores"]),
            f"{each['read']} B",
            f"{each['least']} ({RESOURCES[each['wall']]})",
            f"{each['scratch']} B{'' if each['fits'] else ', too much'}",
        ]
        for each in larger["shapes"]
    ]
    if rows:
        console.print("\nlarger blocks, of several of these:")
        table(console, ["of", "blocks", "cores", "read", "cycles at least", "scratch"], rows)


def _rows(launches: Mapping[str, Any]) -> Iterator[list[Text | str]]:
    def row(what: str, cell: Any) -> list[Text | str]:
        return [Text(printable(what), "dim"), *(cell(each) for each in launches.values())]

    first = next(iter(launches.values()))
    yield row("cores", lambda e: str(e["cores"]))
    yield row(
        "blocks of the core with the most",
        lambda e: f"{e['most_blocks_a_core']} ({e['imbalance']:.2f} times the mean)",
    )
    for name, tensor in first["tensors"].items():
        for mode in ("read", "written"):
            if any(each["tensors"][name][mode] for each in launches.values()):
                yield row(
                    f"{name} {mode}",
                    lambda e, name=name, mode=mode, size=tensor["bytes"]: _moved(
                        e["tensors"][name], mode, size
                    ),
                )
    yield row("most loaded bank", lambda e: f"{e['bank']['number']}: {e['bank']['bytes']} B")
    for noc in range(len(first["links"])):
        yield row(
            f"most loaded link of NoC {noc}",
            lambda e, noc=noc: f"{e['links'][noc]['link']}: {e['links'][noc]['bytes']} B",
        )
    for resource, words in RESOURCES.items():
        if any(each["cycles"].get(resource) for each in launches.values()):
            yield row(f"cycles by {words}", lambda e, r=resource: _cycles(e, r))
    yield row("at least", lambda e: f"{e['least']} cycles, {e['microseconds']:.3g} us")
    if any(each["cycles"]["matrix"] for each in launches.values()):
        yield row("matrix engines in use", lambda e: f"{100 * e['utilisation']:.0f} % at most")
    yield row("L1 of a core", _l1)


def _moved(tensor: Mapping[str, Any], mode: str, size: int) -> str:
    most = "" if tensor["exact"] else "at most "
    times = tensor[mode] / size if size else 0
    return f"{most}{tensor[mode]} B, {times:.3g} times each page"


def _cycles(launch: Mapping[str, Any], resource: str) -> Text:
    cycles = str(launch["cycles"][resource])
    return Text(f"{cycles} the wall", "bold") if launch["wall"] == resource else Text(cycles)


def _l1(launch: Mapping[str, Any]) -> str:
    if "l1" not in launch:
        return "no kernels"
    room = f" of {launch['l1_room']}" if launch["l1_room"] else ""
    return f"{launch['l1']}{room} B"
