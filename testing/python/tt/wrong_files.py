"""Wrong files: a plan or a description that was right, and one to three changes made at random.

    python testing/python/tt/wrong_files.py [NUMBER [SEED]]

loads that many, and stops at the first that ends in anything but a plan or an error of one line.
"""

from __future__ import annotations

import copy
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tilelang.tt as tt
from tilelang.tt import files

#: The longest error: a path, and a message of the library.
MAX_ERROR = 2500

#: Control characters, and what is invisible or changes how its neighbours are shown.
HIDDEN = (
    "[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 3, 31, 33, 63, 64, 65, 255, 256, 257, 2**31, 2**32 - 1),
    *(2**32, 2**53, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, 10**4000, -(10**400)),
    *(0.0, 1.0, 8.0, -0.5, 1e308, 5e-324, 32.5, float("inf"), float("nan")),
    *("", "1", "uint32", "in", "float64", "banana", "wormhole_b0", "\0", "\x1b[31m", "a\nb", "\r"),
    *("\u202e", "\u2028", "\ud800", "\udc00\ud800", "\x85", "\U0001f600", "é" * 300, "x" * 100000),
    *([], {}, [0], [[0]], [[0, 1]], [0] * 1000, [[]] * 100, {"": 0}, {"a": {"b": []}}, [None]),
    {"tt_shape": [1]},
    {"x" * 10000: "y" * 10000},
]
KEYS = ["", "tt_extra", "schema_version", "tt_device", "value", "\x1b[2J", "k" * 5000, "tt_grid_x"]


def hidden(text: str) -> list[str]:
    """The characters of a text that no person sees as they are."""
    return re.findall(HIDDEN, text)


def nested(depth: int, inner: str, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + inner + closing * depth


def places(document: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) of a document."""
    found = []
    waiting = [document]
    while waiting:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            found.append((here, key))
            if isinstance(here[key], (dict, list)):
                waiting.append(here[key])
    return found


def change(document: Any, rng: random.Random) -> None:
    """Change a document in one place."""
    container, key = rng.choice(places(document))
    kind = rng.randrange(8)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[rng.choice(KEYS)] = rng.choice(VALUES)
    elif kind == 2 and isinstance(container, dict):
        container[rng.choice(KEYS)] = container.pop(key)
    elif kind == 3:
        other, place = rng.choice(places(document))
        container[key] = copy.deepcopy(other[place])
    elif kind == 4 and type(container[key]) is int:
        container[key] += rng.choice([-1, 1, 2**31, -(2**40)])
    elif kind == 5 and isinstance(container[key], list) and container[key]:
        items = container[key]
        rng.choice([items.reverse, items.pop, lambda: items.extend(items)])()
    else:
        container[key] = copy.deepcopy(rng.choice(VALUES))


def damage(text: str, rng: random.Random) -> bytes:
    """Damage a text, mostly so that it is no JSON any more, or not the JSON it was."""
    at = rng.randrange(len(text))
    deep = rng.choice([40, 65, 500, 7000, 100_000])
    changes: list[Callable[[], str]] = [
        lambda: text[:at],
        lambda: text[:at] + text[at + 1 + rng.randrange(30) :],
        lambda: text[:at] + rng.choice('"{}[],:\\0-eE.\0\x1b\x85\ufeff') + text[at:],
        lambda: text.replace("1", nested(deep, "1"), 1),
        lambda: text.replace("1", nested(deep, "1", '{"a": ', "}"), 1),
        lambda: "[" * deep,
        lambda: text.replace('"arch"', '"arch": "other", "arch"', 1),
        lambda: text.replace('"tt_num_tiles"', '"tt_num_tiles": 1, "tt_num_tiles"', 1),
        lambda: text.replace('"tt_shape"', '"tt_shape": [1], "tt_shape"', 1),
        lambda: text.replace(": 1", ": " + rng.choice(["1e0", "1.0", "01", "+1", "0x1", "1e999"])),
        lambda: text.replace(": 32", ": " + "9" * rng.choice([20, 400, 5000]), 1),
        lambda: text + text,
        lambda: json.dumps(text),
        lambda: rng.choice(["", " ", "null", "3", '"plan"', "[]", "{}", "NaN", "\ufeff{}"]),
    ]
    damaged = rng.choice(changes)().encode("utf-8", "surrogatepass")
    if rng.randrange(8) == 0:
        at = rng.randrange(len(damaged) + 1)
        damaged = damaged[:at] + bytes(rng.randrange(256) for _ in range(3)) + damaged[at:]
    return damaged


def wrong_files(right: Any, number: int, seed: int) -> Iterator[bytes]:
    """Files made of a right document. A few of them are still right."""
    rng = random.Random(seed)
    for _ in range(number):
        document = copy.deepcopy(right)
        if rng.randrange(4) == 0:
            yield damage(files.render(document), rng)
            continue
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            change(document, rng)
        yield json.dumps(document).encode()


def right_documents() -> dict[str, Any]:
    import kernels
    import tvm

    functions = {"gemm": kernels.gemm(100, 70, 50), "copy": kernels.copy((3, 40, 40), "float32")}
    plan = tt.Plan.from_module(tt.infer_metadata(tvm.IRModule(functions), kernels.device(3, 2)))
    device = tt.DeviceSpec.preset("n150").to_attr()
    return {"plan": plan.to_json(), "device": {"schema_version": 1, **device}}


def outcome(name: str, path: Path) -> str:
    """Load a file; the error's text, or "" if it was accepted. What is not as it should be fails.

    An error begins with the path and is one printable line of bounded length; what is accepted
    is also right by the JSON Schema, and is written and read back as what it is.
    """
    kind = {"plan": tt.Plan, "device": tt.DeviceSpec}[name]
    try:
        found = kind.load(path)
    except (ValueError, NotImplementedError) as error:
        raised, text = type(error), str(error)
    else:
        files.validate(name, json.loads(path.read_bytes()), "what was accepted")
        again = path.with_suffix(".again")
        found.save(again)
        assert kind.load(again) == found
        return ""
    assert raised in (ValueError, NotImplementedError), raised
    assert text.startswith(f"{path}: "), text
    assert not hidden(text), text
    assert len(text) <= MAX_ERROR, len(text)
    return text


def main() -> None:
    number, seed = [*map(int, sys.argv[1:]), *(2000, 0)[len(sys.argv) - 1 :]]
    path = Path(tempfile.mkdtemp()) / "wrong.json"
    for name, right in right_documents().items():
        accepted, slowest, texts = 0, 0.0, set()
        for content in wrong_files(right, number, seed):
            path.write_bytes(content)
            start = time.perf_counter()
            text = outcome(name, path)
            slowest = max(slowest, time.perf_counter() - start)
            accepted += not text
            texts.add(text.partition(": ")[2][:60])
        print(
            f"{name}: {number} files of seed {seed}: {accepted} accepted, {len(texts)} different "
            f"errors; the slowest took {slowest * 1e3:.0f} ms"
        )


if __name__ == "__main__":
    main()
