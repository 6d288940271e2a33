"""Which card of this machine is opened, and what it is, as the kernel driver shows it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs("ttnn")

NO_CARD = -1


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Stands in for tt-kmd: cards by their numbers, with their PCI device ids."""
    from tilelang.tt.runtime import card

    monkeypatch.setattr(card, "_DEVICES", tmp_path / "dev")
    monkeypatch.setattr(card, "_CLASS", tmp_path / "class")
    monkeypatch.delenv("TT_VISIBLE_DEVICES", raising=False)

    def show(**cards):
        (tmp_path / "dev").mkdir()
        for name, device in cards.items():
            number = name.removeprefix("card")
            (tmp_path / "dev" / number).touch()
            attributes = tmp_path / "class" / f"tenstorrent!{number}" / "device"
            attributes.mkdir(parents=True)
            (attributes / "device").write_text(f"{device}\n")

    return show


def test_a_card_says_its_own_architecture(driver):
    from tilelang.tt.runtime.card import Card
    from tilelang.tt.runtime.devices import make_backend

    driver(card0="0x401e", card1="0xb140", card10="0xb140")
    assert make_backend("card").arch == "wormhole_b0"
    assert make_backend("auto").statement.arch == "wormhole_b0"
    assert Card(None, 1).statement.arch == "blackhole"
    assert Card(None, 10).statement.version == "card 10"
    assert make_backend("card", "blackhole").arch == "blackhole"  # checked when it is open


@pytest.mark.parametrize(
    ("visible", "arch"), [("1", "blackhole"), ("1,0", "blackhole"), ("0000:01:00.0", "wormhole_b0")]
)
def test_the_first_card_is_the_one_that_is_left_visible(driver, monkeypatch, visible, arch):
    from tilelang.tt.runtime.card import Card

    monkeypatch.setenv("TT_VISIBLE_DEVICES", visible)
    driver(card0="0x401e", card1="0xb140", card2="0xb140")
    assert Card().arch == arch


def test_cards_that_are_not_visible_are_left_to_others(driver, monkeypatch):
    from tilelang.tt.runtime.card import cards

    driver(card0="0x401e", card1="0x401e", card2="0x401e")
    assert cards() == [0, 1, 2]
    monkeypatch.setenv("TT_VISIBLE_DEVICES", "2,1,7")
    assert cards() == [2, 1]


@pytest.mark.parametrize("device", ["0xfaca", ""])
def test_a_card_that_is_not_known_is_said_so(driver, device):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.card import Card

    driver(card0=device)
    with pytest.raises(BackendError, match=rf"card 0: found the PCI device '{device}'; expected"):
        Card()
    assert Card("blackhole").arch == "blackhole"


def test_no_card_is_a_reason_and_a_remedy(driver):
    from tilelang.tt.runtime import BackendError
    from tilelang.tt.runtime.card import Card

    for number in (None, 3):
        with pytest.raises(BackendError, match="install tt-kmd"):
            Card(number=number)
    driver(card0="0x401e", card2="0x401e")
    with pytest.raises(BackendError, match=r"found no card 3 in .*; expected one of \[0, 2\]"):
        Card(number=3)


@pytest.mark.parametrize(
    ("worker", "number"),
    [("gw0", 0), ("gw1", 2), ("", None), ("gw2", NO_CARD)],
)
def test_each_of_xdists_workers_has_a_card(driver, worker, number):
    from types import SimpleNamespace

    from tilelang.tt import pytest_plugin
    from tilelang.tt.runtime import BackendError

    driver(card0="0x401e", card2="0xb140")
    config = SimpleNamespace(
        getoption=lambda name: "card", workerinput={"workerid": worker} if worker else {}
    )
    if number is NO_CARD:
        with pytest.raises(BackendError, match="found 2 cards; expected one for the worker gw2"):
            pytest_plugin._make_backend(config, None)
        return
    card = pytest_plugin._make_backend(config, None)
    assert card.environment(None).get("TT_VISIBLE_DEVICES") == (
        None if number is None else str(number)
    )


@pytest.mark.parametrize(("backend", "workers"), [("card", 2), ("wolfpine", None)])
def test_there_are_as_many_workers_as_cards(driver, backend, workers):
    from types import SimpleNamespace

    from tilelang.tt import pytest_plugin

    driver(card0="0x401e", card2="0xb140")
    config = SimpleNamespace(getoption=lambda name: backend, stash={})
    assert pytest_plugin.pytest_xdist_auto_num_workers(config) == workers
