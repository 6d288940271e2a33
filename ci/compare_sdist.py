"""Says what of a source tree isn't in an sdist as it is, of all that a build reads.

python ci/compare_sdist.py SDIST TREE
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

READ_BY_A_BUILD = ("CMakeLists.txt", "LICENSE", "README.md", "pyproject.toml", "src", "tilelang")


def contents(sdist: Path) -> dict[str, bytes]:
    """The files of an sdist, by their paths in its folder."""
    found = {}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            if file is not None:
                found[member.name.partition("/")[2]] = file.read()
    return found


def faults(sdist: Path, tree: Path) -> list[str]:
    packed = contents(sdist)
    read = [
        file
        for name in READ_BY_A_BUILD
        for file in ([tree / name] if (tree / name).is_file() else (tree / name).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]
    if not read:
        return [f"{tree}: found none of {', '.join(READ_BY_A_BUILD)}; expected a source tree"]
    out = []
    for file in read:
        name = file.relative_to(tree).as_posix()
        if name not in packed:
            out.append(f"{name}: not in the sdist; expected it, since a build reads it")
        elif packed[name] != file.read_bytes():
            out.append(f"{name}: not the tree's in the sdist; expected the same bytes")
    return out


if __name__ == "__main__":
    found = faults(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(found) or "the sdist has all that a build reads, as the tree has it")
    sys.exit(bool(found))
