"""Ttsim in a card's place, as a plugin of pytest: ``pytest -p fake_card hw_tests``.

What is asked of the driver has the answers of a machine with one card; what is opened is ttsim, whose
kernels are those that a card is given. It is for lanes of cards, which nobody here has.
"""

from __future__ import annotations

from tilelang.tt.runtime.backends import card, devices
from tilelang.tt.runtime.backends.ttsim import TTSim


class FakeCard(TTSim):
    name = "card"

    def __init__(self, arch: str | None = None, number: int | None = None) -> None:
        super().__init__(arch or "wormhole_b0")


for module in (card, devices):
    module.Card = FakeCard
    module.cards = lambda: [0]
