"""Which card of this machine is opened, and what it is, as the kernel driver shows it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs("ttnn")

NO_CARD = -1


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Stands in for tt-kmd: cards by their numbers, with their PCI device ids and addresses."""
    from tilelang.tt.runtime.backends import card

    monkeypatch.setattr(card, "_DEVICES", tmp_path / "dev")
    monkeypatch.setattr(card, "_CLASS", tmp_path / "class")
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)

    def show(*, addresses=None, **cards):
        (tmp_path / "dev").mkdir()
        for name, device in cards.items():
            number = name.removeprefix("card")
            (tmp_path / "dev" / number).touch()
            attributes = tmp_path / "class" / f"tenstorrent!{number}" / "device"
            if addresses is None:
                attributes.mkdir(parents=True)
            else:  # sysfs links to the folder of the PCI device
                pci = tmp_path / "pci" / addresses[name]
                pci.mkdir(parents=True)
                attributes.parent.mkdir(parents=True)
                attributes.symlink_to(pci)
            (attributes / "device").write_text(f"{device}\n")

    return show


# By number 0, 1, 2; by address 2, 0, 1.
THREE = {"card0": "0x401e", "card1": "0xb140", "card2": "0xb140"}
ADDRESSES = {"card0": "0000:41:00.0", "card1": "0001:01:00.0", "card2": "0000:01:00.0"}


def test_a_card_says_its_own_architecture(driver):
    from tilelang.tt.runtime.backends.card import Card
    from tilelang.tt.runtime.backends.devices import make_backend

    driver(card0="0x401e", card1="0xb140", card10="0xb140")
    assert make_backend("card").arch == "wormhole_b0"
    assert make_backend("auto").statement.arch == "wormhole_b0"
    assert Card(None, 1).statement.arch == "blackhole"
    assert Card(None, 10).statement.version == "card 10"
    assert make_backend("card", "blackhole").arch == "blackhole"  # checked when it is open


VISIBLE = [
    (None, [2, 0, 1]),
    ("", []),
    (" , ", []),
    ("0", [2]),
    (" 1 ", [0]),
    ("2,0", [2, 1]),  # in UMD's order, not in that of the names
    ("0,0,0", [2]),
    ("0000:41:00.0", [0]),
    ("01:00.0", [2, 1]),  # a part of two addresses
    ("0001:", [1]),
    ("0001:,1", [0, 1]),
]


@pytest.mark.parametrize(("visible", "expected"), VISIBLE)
def test_visible_devices_are_read_as_umd_reads_them(driver, monkeypatch, visible, expected):
    """PCIDevice::enumerate_devices of UMD, as ttnn 0.81.1 has it."""
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends.card import Card, cards

    driver(**THREE, addresses=ADDRESSES)
    if visible is not None:
        monkeypatch.setenv("TT_VISIBLE_DEVICES", visible)
    assert cards() == expected
    if expected:
        assert (
            Card().arch
            == {"0x401e": "wormhole_b0", "0xb140": "blackhole"}[THREE[f"card{expected[0]}"]]
        )
        assert Card().reset == f"tt-smi -r {expected[0]}"
    else:
        with pytest.raises(BackendError, match="found no card"):
            Card()


@pytest.mark.parametrize(
    "visible", ["3", "-1", "one", "0000:99:00.0", "0,x", "\u0660", "99999999999"]
)
def test_a_name_that_is_no_cards_is_refused(driver, monkeypatch, visible):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends.card import cards

    driver(**THREE, addresses=ADDRESSES)
    monkeypatch.setenv("TT_VISIBLE_DEVICES", visible)
    with pytest.raises(
        BackendError,
        match=r"expected a number from 0 to 2, or a part of a PCI address "
        r"\(0000:01:00.0, 0000:41:00.0, 0001:01:00.0\)",
    ):
        cards()


@pytest.mark.parametrize(("number", "address"), [(0, "0000:41:00.0"), (2, "0000:01:00.0")])
@pytest.mark.parametrize("visible", [None, "1,0"])
def test_a_card_is_named_to_umd_by_its_address(driver, monkeypatch, number, address, visible):
    from tilelang.tt.runtime.backends.card import Card

    driver(**THREE, addresses=ADDRESSES)
    if visible is not None:
        monkeypatch.setenv("TT_VISIBLE_DEVICES", visible)
    assert Card(None, number).environment(None)["TT_VISIBLE_DEVICES"] == address


def test_without_addresses_cards_are_in_the_order_of_their_numbers(driver, monkeypatch):
    """As in a container that is given one card of a larger host."""
    from tilelang.tt.runtime.backends.card import Card, cards

    driver(card10="0xb140", card2="0x401e")
    assert cards() == [2, 10]
    assert Card(None, 10).environment(None)["TT_VISIBLE_DEVICES"] == "1"
    monkeypatch.setenv("TT_VISIBLE_DEVICES", "1")
    assert cards() == [10]


def test_a_hang_is_noted_of_the_card_that_is_opened(driver, monkeypatch, tmp_path):
    from tilelang.tt.runtime.backends.card import Card

    monkeypatch.setenv("TILELANG_TT_CACHE", str(tmp_path / "cache"))
    driver(**THREE, addresses=ADDRESSES)
    notes = tmp_path / "cache" / "tilelang-tt" / "hangs"
    assert Card().hang_note == notes / "card-0000:01:00.0.txt"
    assert Card(None, 1).hang_note == notes / "card-0001:01:00.0.txt"
    assert notes.is_dir()


@pytest.mark.parametrize("device", ["0xfaca", ""])
def test_a_card_that_is_not_known_is_said_so(driver, device):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends.card import Card

    driver(card0=device)
    with pytest.raises(BackendError, match=rf"card 0: found the PCI device '{device}'; expected"):
        Card()
    assert Card("blackhole").arch == "blackhole"


def test_no_card_is_a_reason_and_a_remedy(driver):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.backends.card import Card

    for number in (None, 3):
        with pytest.raises(BackendError, match="install tt-kmd"):
            Card(number=number)
    driver(card0="0x401e", card2="0x401e")
    with pytest.raises(BackendError, match=r"found no card 3 in .*; expected one of \[0, 2\]"):
        Card(number=3)


@pytest.mark.parametrize(
    ("worker", "index"),
    [("gw0", "0"), ("gw1", "1"), ("", None), ("gw2", NO_CARD)],
)
def test_each_of_xdists_workers_has_a_card(driver, worker, index):
    from types import SimpleNamespace

    from tilelang.tt import pytest_plugin
    from tilelang.tt.runtime import BackendError

    driver(card0="0x401e", card2="0xb140")
    config = SimpleNamespace(
        getoption={"--tt-backend": "card"}.get, workerinput={"workerid": worker} if worker else {}
    )
    if index is NO_CARD:
        with pytest.raises(BackendError, match="found 2 cards; expected one for the worker gw2"):
            pytest_plugin._make_backend(config, None)
        return
    card = pytest_plugin._make_backend(config, None)
    assert card.environment(None).get("TT_VISIBLE_DEVICES") == index


@pytest.mark.parametrize(("backend", "workers"), [("card", 2), ("wolfpine", None)])
def test_there_are_as_many_workers_as_cards(driver, backend, workers):
    from types import SimpleNamespace

    from tilelang.tt import pytest_plugin

    driver(card0="0x401e", card2="0xb140")
    config = SimpleNamespace(getoption=lambda name: backend, stash={})
    assert pytest_plugin.pytest_xdist_auto_num_workers(config) == workers
