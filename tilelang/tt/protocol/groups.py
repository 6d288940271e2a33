"""Whether the cores of a launch agree on who sends what to whom, as the host tells each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Place = tuple[int, int]
Rectangle = tuple[int, int, int, int]


def disagreements(
    shares: Sequence[tuple[str, int]],
    cores: Mapping[Place, Sequence[tuple[Place, Rectangle]]],
) -> list[str]:
    """What is wrong with the groups of shared reads, each of which would hang or go astray.

    Parameters
    ----------
    shares : the tensor of each shared read, and how many receivers its kernels wait for
    cores : of each core of the launch, its (sender, rectangle of receivers) in each shared read
    """
    found: list[str] = []
    for number, (tensor, many) in enumerate(shares):
        for core, groups in cores.items():
            sender, (x0, y0, x1, y1) = groups[number]
            inside = {(x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)}
            wrong = ""
            if len(inside) != many:
                wrong = f"{len(inside)} receivers are in its rectangle; {many} are waited for"
            elif sender in inside:
                wrong = f"its sender {sender} is among its receivers"
            elif core != sender and core not in inside:
                wrong = f"it is neither the sender {sender} nor a receiver"
            else:
                others = [each for each in {sender, *inside} if each not in cores]
                others += [
                    each
                    for each in sorted({sender, *inside} - {*others})
                    if cores[each][number] != groups[number]
                ]
                if others:
                    wrong = f"core {others[0]} of its group is of another one, or of none"
            if wrong:
                found.append(f"core {core}, {tensor}: {wrong}")
    return found
