"""What cards need of the machine that they are in: a driver, rights, memory, and SFPI.

Where the facts are: tt-kmd's docs/sysfs-attributes.md and enumerate.h; UMD, which takes an IOMMU
whose domain translates for memory, else hugepages of 1 GiB; TT-metal's sfpi-version.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ..runtime import BackendError
from ..runtime.root import sfpi
from ..runtime.root.installed import ttnn_folder
from .findings import Finding

#: The ttnn that the tests run with (ci/lanes.sh).
TRIED_TTNN = "0.81.1"

_VENDOR = "0x1e52"  # Tenstorrent's PCI vendor id
_HUGEPAGES = "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"


def card_findings(root: Path = Path("/")) -> list[Finding]:
    """A line for each thing that a card needs; none on a machine without a card.

    root : under which sys/, dev/ and opt/ are
    """
    cards = _on_the_bus(root)
    numbers = _numbers(root)
    if not cards and not numbers:
        return []
    found = [_driver(root)]
    for number in numbers:
        found += [_rights(root, number), _memory(root, number), _firmware(root, number)]
    return [*found, _ttnn(), _sfpi(root)]


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _on_the_bus(root: Path) -> list[str]:
    devices = root / "sys/bus/pci/devices"
    found = sorted(devices.iterdir()) if devices.is_dir() else []
    return [device.name for device in found if _read(device / "vendor") == _VENDOR]


def _numbers(root: Path) -> list[int]:
    devices = root / "dev/tenstorrent"
    names = [path.name for path in devices.iterdir()] if devices.is_dir() else []
    return sorted(int(name) for name in names if name.isdecimal())


def _driver(root: Path) -> Finding:
    subject = "driver (tt-kmd)"
    if version := _read(root / "sys/module/tenstorrent/version"):
        return Finding(subject, True, version)
    said = f"not loaded, and there are cards: {', '.join(_on_the_bus(root)) or 'in /dev'}"
    advice = "sudo modprobe tenstorrent; first install it: https://github.com/tenstorrent/tt-kmd"
    return Finding(subject, False, said, advice)


def _rights(root: Path, number: int) -> Finding:
    path = root / "dev/tenstorrent" / str(number)
    if os.access(path, os.R_OK | os.W_OK):
        return Finding(f"card {number}", True, f"{path} can be read and written")
    advice = f"sudo chmod 666 {path}, until the next start; tt-kmd's udev rules do it for good"
    return Finding(f"card {number}", False, f"{path} may not be read and written by you", advice)


def _memory(root: Path, number: int) -> Finding:
    subject = f"card {number}, memory"
    device = root / "sys/class/tenstorrent" / f"tenstorrent!{number}" / "device"
    domain = _read(device / "iommu_group/type")
    if domain.startswith("DMA"):
        return Finding(subject, True, f"by the IOMMU ({domain})")
    pages = _read(root / _HUGEPAGES)
    if pages.isdecimal() and int(pages) > 0 and (root / "dev/hugepages-1G").is_dir():
        return Finding(subject, True, f"{pages} hugepages of 1 GiB")
    said = (
        f"neither an IOMMU that translates ({domain or 'none'}) nor hugepages of 1 GiB "
        f"({pages or 'none'}) in /dev/hugepages-1G"
    )
    advice = (
        "sudo systemctl enable --now tenstorrent-hugepages.service 'dev-hugepages\\x2d1G.mount', "
        "which tt-system-tools has; or turn the IOMMU on"
    )
    return Finding(subject, False, said, advice)


def _firmware(root: Path, number: int) -> Finding:
    subject = f"card {number}, firmware"
    folder = root / "sys/class/tenstorrent" / f"tenstorrent!{number}"
    card = _read(folder / "tt_card_type")
    if bundle := _read(folder / "tt_fw_bundle_ver"):
        return Finding(subject, True, f"bundle {bundle}" + f", {card}" * bool(card))
    advice = "tt-smi shows it; a newer tt-kmd, and firmware by tt-flash, say it here"
    return Finding(subject, False, "its bundle's version is not known to the driver", advice)


def _ttnn() -> Finding:
    subject = "ttnn for cards"
    try:
        found = distribution("ttnn")
    except PackageNotFoundError:
        return Finding(subject, False, "not installed here", f"pip install ttnn=={TRIED_TTNN}")
    origin = "built from source" if found.read_text("direct_url.json") else "a wheel"
    if found.version == TRIED_TTNN:
        return Finding(subject, True, f"{found.version}, {origin}, the one that was tried")
    advice = f"where something fails, try pip install ttnn=={TRIED_TTNN}"
    said = f"{found.version}, {origin}; {TRIED_TTNN} is the one that was tried"
    return Finding(subject, False, said, advice)


def _sfpi(root: Path) -> Finding:
    """The compiler that TT-metal takes, by its order, against the version that its wheel names."""
    try:
        ttnn = ttnn_folder()
    except BackendError:
        return Finding("SFPI", False, "its version is not known without ttnn")
    wanted = _wanted_sfpi(ttnn)
    install = (
        f"install SFPI {wanted}: https://github.com/tenstorrent/sfpi/releases/tag/{wanted}, "
        "into /opt/tenstorrent/sfpi"
    )
    folder = sfpi.found(ttnn, root)
    if folder is None:
        places = " or ".join(map(str, sfpi.folders(ttnn, root)))
        return Finding("SFPI", False, f"none in {places}, and kernels for cards need it", install)
    version = _version_of(folder / sfpi.COMPILER)
    said = f"{version or 'of an unknown version'} in {folder}"
    if version == wanted:
        return Finding("SFPI", True, said)
    return Finding("SFPI", False, f"{said}; this ttnn expects {wanted}", install)


def _wanted_sfpi(ttnn: Path) -> str:
    found = dict(_assignments(_read(ttnn / "tt_metal/sfpi-version")))
    return found.get("sfpi_version", "of an unknown version")


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip().strip("'\"")


def _version_of(compiler: Path) -> str:
    """As its first line has it: riscv-tt-elf-g++ (tenstorrent/sfpi:7.89.0[1050]) 15.1.0."""
    try:
        said = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"tenstorrent/sfpi:([\w.]+)", said.stdout)
    return found[1] if found else ""
