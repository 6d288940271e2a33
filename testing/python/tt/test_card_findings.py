"""What the doctor says of a machine with a card: trees of /sys, /dev and /opt that are made up, whole
and with one fault each."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from tilelang.tt.cli import card_findings
from tilelang.tt.cli.card_findings import TRIED_TTNN

ADDRESS = "0000:01:00.0"
SFPI = "7.89.0"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def compiler(folder, version):
    path = folder / "compiler/bin/riscv-tt-elf-g++"
    write(path, f"#!/bin/sh\necho 'riscv-tt-elf-g++ (tenstorrent/sfpi:{version}[1]) 15.1.0'\n")
    path.chmod(0o755)


class Distribution:
    version = TRIED_TTNN
    origin = None

    def read_text(self, name):
        assert name == "direct_url.json"
        return self.origin


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a card that lacks nothing."""
    root = tmp_path / "root"
    device = root / "sys/bus/pci/devices" / ADDRESS
    write(device / "vendor", "0x1e52\n")
    write(device / "iommu_group/type", "identity\n")
    write(root / "sys/module/tenstorrent/version", "2.9.0\n")
    card = root / "sys/class/tenstorrent/tenstorrent!0"
    write(card / "tt_fw_bundle_ver", "19.4.0.0\n")
    write(card / "tt_card_type", "n150\n")
    (card / "device").symlink_to(device)
    write(root / "dev/tenstorrent/0", "")
    (root / "dev/hugepages-1G").mkdir()
    write(root / "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n")
    ttnn = tmp_path / "site/ttnn"
    write(
        ttnn / "tt_metal/sfpi-version",
        f"# sfpi release\nsfpi_version='{SFPI}'\nsfpi_build='1050'\n",
    )
    compiler(root / "opt/tenstorrent/sfpi", SFPI)
    monkeypatch.setattr(card_findings, "ttnn_folder", lambda: ttnn)
    monkeypatch.setattr(card_findings, "distribution", lambda name: Distribution())
    monkeypatch.delenv("TILELANG_TT_SFPI", raising=False)
    return root


def findings(root):
    return {each.subject: each for each in card_findings.card_findings(root)}


def test_a_card_that_lacks_nothing(machine):
    found = findings(machine)
    assert {subject: each.answer for subject, each in found.items()} == {
        "driver (tt-kmd)": "2.9.0",
        "card 0": f"{machine}/dev/tenstorrent/0 can be read and written",
        "card 0, memory": "1 hugepages of 1 GiB",
        "card 0, firmware": "bundle 19.4.0.0, n150",
        "ttnn for cards": f"{TRIED_TTNN}, a wheel, the one that was tried",
        "SFPI": f"{SFPI} in {machine}/opt/tenstorrent/sfpi",
    }
    assert all(each.ok and not each.advice for each in found.values())


def no_driver(root, monkeypatch):
    shutil.rmtree(root / "sys/module/tenstorrent")


def no_driver_and_no_device(root, monkeypatch):
    no_driver(root, monkeypatch)
    shutil.rmtree(root / "dev/tenstorrent")


def no_rights(root, monkeypatch):
    allowed = os.access
    monkeypatch.setattr(
        card_findings.os,
        "access",
        lambda path, mode: "tenstorrent" not in str(path) and allowed(path, mode),
    )


def no_hugepages(root, monkeypatch):
    write(root / "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n")


def hugepages_not_mounted(root, monkeypatch):
    (root / "dev/hugepages-1G").rmdir()


def old_firmware(root, monkeypatch):
    (root / "sys/class/tenstorrent/tenstorrent!0/tt_fw_bundle_ver").unlink()


def other_ttnn(root, monkeypatch):
    monkeypatch.setattr(Distribution, "version", "0.90.0")
    monkeypatch.setattr(Distribution, "origin", "{}")


def no_sfpi(root, monkeypatch):
    shutil.rmtree(root / "opt")


def other_sfpi(root, monkeypatch):
    compiler(root / "opt/tenstorrent/sfpi", "7.60.0")


def sfpi_that_does_not_start(root, monkeypatch):
    write(root / "opt/tenstorrent/sfpi/compiler/bin/riscv-tt-elf-g++", "#!/bin/sh\nexit 1\n")


FAULTS = [
    (no_driver, "driver (tt-kmd)", f"not loaded, .* {ADDRESS}", "sudo modprobe tenstorrent"),
    (no_driver_and_no_device, "driver (tt-kmd)", "not loaded", "sudo modprobe tenstorrent"),
    (
        no_rights,
        "card 0",
        "may not be read and written by you",
        r"sudo chmod 666 \S*/tenstorrent/0",
    ),
    (
        no_hugepages,
        "card 0, memory",
        r"\(identity\) nor hugepages of 1 GiB \(0\)",
        "sudo systemctl",
    ),
    (hugepages_not_mounted, "card 0, memory", r"\(1\) in /dev/hugepages-1G", r"1G\.mount'"),
    (old_firmware, "card 0, firmware", "not known to the driver", "tt-smi shows it"),
    (other_ttnn, "ttnn for cards", "0.90.0, built from source; 0.81.1", "pip install ttnn==0.81.1"),
    (no_sfpi, "SFPI", "none in .*, and kernels for cards need it", f"install SFPI {SFPI}: "),
    (other_sfpi, "SFPI", f"7.60.0 in .*; this ttnn expects {SFPI}", f"install SFPI {SFPI}: "),
    (sfpi_that_does_not_start, "SFPI", "of an unknown version in", f"install SFPI {SFPI}: "),
]


@pytest.mark.parametrize(
    ("fault", "subject", "said", "advice"), FAULTS, ids=[f[0].__name__ for f in FAULTS]
)
def test_one_fault_is_one_line_with_the_command_that_mends_it(
    machine, monkeypatch, fault, subject, said, advice
):
    fault(machine, monkeypatch)
    wrong = [each for each in findings(machine).values() if not each.ok]
    assert [each.subject for each in wrong] == [subject]
    assert re.search(said, wrong[0].answer)
    assert re.search(advice, wrong[0].advice)


@pytest.mark.parametrize("domain", ["DMA", "DMA-FQ"])
def test_an_iommu_that_translates_is_enough(machine, domain):
    write(machine / "sys/bus/pci/devices" / ADDRESS / "iommu_group/type", f"{domain}\n")
    (machine / "dev/hugepages-1G").rmdir()
    assert findings(machine)["card 0, memory"].answer == f"by the IOMMU ({domain})"


def test_a_machine_without_a_card_has_nothing_to_say(tmp_path):
    write(tmp_path / "sys/bus/pci/devices/0000:00:01.0/vendor", "0x8086\n")
    assert findings(tmp_path) == {}


def test_the_ttnn_that_was_tried_is_the_lanes(root):
    assert f"ttnn=={TRIED_TTNN} " in (root / "ci/lanes.sh").read_text()
