"""Cases at random, the same for a seed: tensors, and schedules and kernels by any policy."""

from __future__ import annotations

from typing import Any

from ..device_spec import DeviceSpec
from ..policies import ORDERS, POLICIES
from .cases import TILE, Case, launch_case, product_case, tensor_case
from .tensors.formats import dtypes_of

# Tiles of a generated tensor; thousands of pages are in the table.
_MOSTTILES = 400


def generated(spec: DeviceSpec, count: int, seed: int) -> list[Case]:
    """Tensors of rank 0 to 7 with dimensions of 1 to 300, and schedules and products by any policy
    on a few cores, a tenth of the cases each, by hypothesis, the same for a seed."""
    try:
        import hypothesis
        from hypothesis import strategies
    except ImportError as error:
        raise ValueError(
            "generated cases need hypothesis, found none; pip install hypothesis"
        ) from error

    found: dict[str, Case] = {}
    dtypes = dtypes_of(spec.arch)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategies.data())
    def collect(data: hypothesis.strategies.DataObject) -> None:
        kind = data.draw(strategies.sampled_from(range(10)))
        if kind >= 8:
            draw = _drawn_launch if kind == 8 else _drawn_product
            drawn = draw(spec, data.draw, strategies)
            found[drawn.name] = drawn
            return
        shape: tuple[int, ...] = ()
        room = _MOSTTILES
        rank = data.draw(strategies.integers(0, 7))
        for dimension in reversed(range(rank)):
            in_tiles = dimension >= rank - 2
            most = min(300, room * TILE if in_tiles else room)
            extent = data.draw(strategies.integers(1, most))
            room //= -(-extent // TILE) if in_tiles else extent
            shape = (extent, *shape)
        case = tensor_case(spec, shape, data.draw(strategies.sampled_from(dtypes)), "generated")
        found[case.name] = case

    collect()
    return list(found.values())


def _drawn_launch(spec: DeviceSpec, draw: Any, strategies: Any) -> Case:
    """A launch on one to six cores: on a simulator each core that has been started costs."""
    extents = [draw(strategies.integers(1, most)) for most in (9, 6, 3)]
    places = [strategies.integers(0, min(4, side) - 1) for side in (spec.grid_x, spec.grid_y)]
    cores = draw(strategies.lists(strategies.tuples(*places), min_size=1, max_size=6, unique=True))
    return launch_case(
        spec,
        *extents,
        policy=draw(strategies.sampled_from(POLICIES)),
        order=draw(strategies.sampled_from(ORDERS)),
        cores=[(x, y, x, y) for x, y in cores],
        group="generated",
    )


def _drawn_product(spec: DeviceSpec, draw: Any, strategies: Any) -> Case:
    """A product on one to four cores, of which some may have several blocks and some fewer."""
    cores = [draw(strategies.integers(1, min(2, side))) for side in (spec.grid_x, spec.grid_y)]
    across, down = (draw(strategies.integers(1, most)) for most in (3, 3))
    policy = draw(strategies.sampled_from(POLICIES))
    return product_case(spec, across, down, policy, draw(strategies.sampled_from(ORDERS)), cores)
