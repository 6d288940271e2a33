"""What cores say to each other in a kernel that shares: each thing left out or done wrongly is named.

Simulators move data at once and poll words in one order, so most of these leave their numbers right.
"""

from __future__ import annotations

from functools import cache

import golden_texts
import kernel_list
import pytest
from asked import asked_of

from tilelang.tt import DeviceSpec
from tilelang.tt.codegen.generate import generate
from tilelang.tt.describe import schedule_program
from tilelang.tt.protocol import ProtocolError, faults, require_groups
from tilelang.tt.protocol.groups import disagreements

# No TVM has a part in it, so one lane tells.
pytestmark = pytest.mark.needs("ttnn")

WAIT, SET_BACK = (
    "    noc_semaphore_wait(ready, group.receivers);\n",
    "    noc_semaphore_set(ready, 0);\n",
)
TILES = "tiles * get_tile_size(buffer), group.receivers);\n"
FLUSH = "    noc_async_writes_flushed();\n"
WORD = "get_noc_multicast_addr(group.x0, group.y0, group.x1, group.y1, group.valid),\n"
SAID = "    noc_semaphore_set(valid, turns);\n"
GOT = "    noc_semaphore_wait_min(valid, turns);\n"
LAST = "    noc_semaphore_set(valid, 0);\n"
ARRIVED = "noc_async_read_barrier_with_trid(1 + ko % 2);\n"

WRONG = {
    # what stands in both data movement kernels, what stands there instead, and what is said
    "no wait for room": (WAIT, "", "receivers may have no room"),
    "a wait for one receiver less": (
        WAIT, WAIT.replace("receivers)", "receivers - 1)"), "cores, and",
    ),
    "the sender's word left as it is": (SET_BACK, "", "before semaphore"),
    "tiles to one receiver less": (TILES, TILES.replace("receivers)", "receivers - 1)"), "cores, and"),
    "half of the tiles": (TILES, TILES.replace("tiles *", "tiles / 2 *"), "never got it"),
    "tiles to another place": (
        "group.y1, address)", "group.y1, address + get_tile_size(buffer))", "another place",
    ),
    "no flush between tiles and word": (FLUSH + SAID, SAID, "may be there first"),
    "pushed before the tiles have left": (
        "tell_tiles({g}, ko + 1);", "", "is pushed while a multicast may not have left",
    ),
    "no flush after the word": (FLUSH + LAST, LAST, "may not have left"),
    "the word not set before it is sent": (SAID, "", "wait for 1"),
    "the word of the turn before": ("tell_tiles({g}, ko + 1);", "tell_tiles({g}, ko);", "semaphore"),
    "the word of the turn before waited for": (
        "wait_for_tiles({g}, ko + 1);", "wait_for_tiles({g}, ko);", "semaphore",
    ),
    "one word for all turns": ("ko + 1);", "1);", "may have been so before"),
    "the word of room sent": (WORD, WORD.replace("valid", "ready"), "to another one"),
    "the word to one receiver less": (
        WORD + "        group.receivers);", WORD + "        group.receivers - 1);", "got pages",
    ),
    "a receiver that waits for nothing": (GOT, "", ""),
    "words left as they are": (LAST, "", "semaphore"),
    "words never set back": ("end_tiles({g});", "", "semaphore"),
    "a receiver that says nothing of room": (
        "    noc_semaphore_inc(get_noc_addr(group.sender_x, group.sender_y, group.ready), 1);\n", "", "",
    ),
    "a receiver that counts twice": ("group.ready), 1);", "group.ready), 2);", "counts for 1"),
    "a receiver that has room for nothing": (
        "ko_trips * {b}_tiles);\n", "0 * {b}_tiles);\n", "reserved",
    ),
    "nobody receives": ("wait_for_tiles({g}, ko + 1);", "noc_async_read_barrier();", "nobody has room"),
    "nobody sends": ("send_tiles({g}, {b}, {b}_tiles);", "noc_async_read_barrier();", "nobody ever"),
    "sent before it was read": (ARRIVED, "", "transaction id"),
    "another turn waited for": (ARRIVED, ARRIVED.replace("ko % 2", "(ko + 1) % 2"), "transaction id"),
    "the first turn's id another": ("noc_async_read_set_trid(1);", "noc_async_read_set_trid(2);",
                                    "before the loop"),
    "the first turn without an id": ("noc_async_read_set_trid(1);", "", "is multicast while reads"),
    "one id for all turns": ("noc_async_read_set_trid(1 + (ko + 2) % 2);\n", "", ""),
    "the id left set": ("noc_async_read_set_trid(0);", "", "transaction id"),
    "a later turn read to this one's place": (
        "_begin + (ko + 2) * ", "_begin + (ko + 0) * ", "",
    ),
    "a later turn read to the next one's place": (
        "_begin + (ko + 2) * ", "_begin + (ko + 1) * ", "",
    ),
    "the second turn's id the first's": (
        "noc_async_read_set_trid(2);", "noc_async_read_set_trid(1);", "before the loop",
    ),
    "nobody says that there is room": ("tell_room({g});", "", "between"),
    "nobody hears that there is room": ("wait_for_room({g});", "", "between"),
    "no barrier for what was sent": ("    noc_async_write_barrier();\n", "", "no write barrier"),
    "no barrier for what was added": ("    noc_async_atomic_barrier();\n", "", "no atomic barrier"),
}  # fmt: skip


@cache
def shared():
    return asked_of(golden_texts.plan(golden_texts.EVERY["gemm_shared"], "gemm_shared"))


@pytest.mark.parametrize("role", ["reader", "writer"])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_between_cores_is_named(name, role):
    texts, *rest = shared()
    words = (
        {"b": "B_shared", "g": "B_group"} if role == "reader" else {"b": "A_shared", "g": "A_group"}
    )
    old, new, said = (
        each.replace("{b}", words["b"]).replace("{g}", words["g"]) for each in WRONG[name]
    )
    assert old in texts[role], old
    found = faults({**texts, role: texts[role].replace(old, new)}, *rest)
    assert found
    assert all(each.kernel == role for each in found)
    assert said in "\n".join(map(str, found))


def test_each_group_of_a_kernel_tells_of_its_own_room():
    """Two tensors that one kernel shares: room for both is there when the first group is told."""
    program, spec = kernel_list.VECTOR["swiglu"], DeviceSpec.preset("n150")
    (schedule,) = schedule_program(program, spec, "rectangular")
    assert [(r.buffer, r.along) for r in schedule.shared_reads if r.noc == 0] == [
        ("G", "y"), ("U", "y"),
    ]  # fmt: skip
    texts, *rest = asked_of(generate(program, schedule, spec))
    assert faults(texts, *rest) == []
    told = "if (U_sends) {\n{s}    wait_for_room(U_group);\n{s}} else {\n{s}    tell_room(U_group);\n{s}}"
    told = told.replace("{s}", " " * 12)
    assert told in texts["reader"]
    for untold in ("", told.replace("U_", "G_")):
        found = faults({**texts, "reader": texts["reader"].replace(told, untold)}, *rest)
        assert "U_shared is multicast to U_receivers cores, and G_receivers were" in str(found)


# Who sends to whom.

SENDER, FIRST, SECOND = (0, 0), (1, 0), (2, 0)
GROUP = (SENDER, (1, 0, 2, 0))
CORES = dict.fromkeys((SENDER, FIRST, SECOND), (GROUP,))


def test_cores_that_agree_have_nothing_wrong():
    assert disagreements([("A", 2)], CORES) == []


ASTRAY = {
    "one receiver more is waited for": (3, CORES, "2 receivers are in its rectangle; 3"),
    "a receiver too few": (
        1, dict.fromkeys((SENDER, FIRST), ((SENDER, (1, 0, 1, 0)),)) | {SECOND: (GROUP,)}, "(2, 0)",
    ),
    "the sender among its receivers": (
        3, dict.fromkeys(CORES, ((SENDER, (0, 0, 2, 0)),)), "among its receivers",
    ),
    "a core outside": (2, {**CORES, (5, 5): (GROUP,)}, "neither"),
    "a core that doesn't run": (2, {SENDER: (GROUP,), FIRST: (GROUP,)}, "of none"),
    "a core of another group": (
        2, {**CORES, SECOND: ((SECOND, (0, 0, 1, 0)),)}, "of another one",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ASTRAY)
def test_cores_that_disagree_are_refused(name):
    many, cores, said = ASTRAY[name]
    with pytest.raises(ProtocolError) as error:
        require_groups("kernel", [("A", many)], cores)
    assert said in str(error.value)
