"""What units compute, against a plain forward pass of the networks as they were trained, with hooks."""

from __future__ import annotations

import copy

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from gan_core.looking.lenses import LENSES
from gan_core.looking.looks import cell_centres
from gan_core.looking.measures.units import DRAWN, SIDE, STRONGEST, as_bytes, drawn_units, ranges
from gan_core.looking.probe import Probe
from gan_core.records.arrays import LENS_ARRAYS, MAX_ARROWS
from gan_core.records.frames import Moment
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.experiment import Experiment
from gan_core.setup.network import MAX_LAYERS, read_network
from gan_core.training.activations import ACTIVATIONS
from gan_core.training.engine import GANEngine
from gan_core.training.networks import MLP, as_plain

SMALL = GANConfig(generator="20,20:leaky-relu(slope=0.1):tanh", discriminator="20,20:leaky-relu(slope=0.1)", batch=32)
GRID = cell_centres(SIDE, torch.device("cpu"))


def trained(**config: object) -> GANEngine:
    experiment = Experiment(SMALL.changed({name: str(value) for name, value in config.items()}), HyperParameters())
    engine = GANEngine(experiment, 3, device="cpu", precision="float32", threads=1)
    engine.advance(5)
    return engine


def seen(engine: GANEngine) -> dict[str, npt.NDArray[np.generic]]:
    probe = Probe(engine.config, torch.device("cpu"))
    how = {"resolution": 24, "points": 500, "lenses": ("units",)}
    return dict(probe.look(engine.generator, engine.discriminator, Moment(1, engine.steps, 0.0), **how).lenses)


def hooked(network: MLP, x: Tensor) -> list[Tensor]:
    """What comes out of each hidden layer's activation, and in the end; the network at rest, as it was trained."""
    at_rest, out = copy.deepcopy(network).eval(), []
    not_units = (nn.Linear, nn.BatchNorm1d)
    for layer in at_rest.layers[:-1]:
        if not isinstance(layer, not_units):
            layer.register_forward_hook(lambda _, __, y: out.append(y.detach().clone()))
    out.append(at_rest(x).detach())
    if isinstance(at_rest.layers[-1], nn.Tanh):
        assert len(out) == len(network.made_of.units) + 1
    return out


def inputs(engine: GANEngine) -> dict[str, Tensor]:
    """The plane, as each network takes it: the other latent coordinates are 0, a pack is of one point."""
    config = engine.config
    reach = 3.0 if config.latent == "normal" else 1.0
    z = torch.zeros(len(GRID), config.latent_dim)
    z[:, :2] = reach * GRID
    return {"generator": z, "discriminator": GRID.repeat(1, config.packing)}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"generator": "20,7,30:relu", "discriminator": "3:tanh"},
        {"generator": "18:silu", "discriminator": "24,20:maxout(pieces=3)"},
        {"generator": "20,20:relu:batch-norm:tanh", "discriminator": "18,18:leaky-relu:spectral-norm"},
        {"latent": "normal", "latent_dim": 5},
        {"packing": 2, "generator": "none:relu"},
        {"discriminator": "none:relu"},
    ],
    ids=lambda config: ",".join(map(str, config)) or "usual",
)
def test_units_are_those_of_a_plain_forward_pass(config: dict[str, object]) -> None:
    engine = trained(**config)
    arrays, row = seen(engine), 0
    for number, name in enumerate(("generator", "discriminator")):
        network: MLP = getattr(engine, name)
        layers = [GRID, *hooked(network, inputs(engine)[name])]
        for layer, values in enumerate(layers):
            for unit in range(min(values.shape[1], 16)):
                expected = values[:, unit].double().numpy()
                low, high = arrays["unit_ranges"][row]
                span = expected.max() - expected.min()
                assert (low, high) == pytest.approx((expected.min(), expected.max()), rel=1e-4, abs=1e-6)
                found = low + (high - low) * (arrays["unit_maps"][:, :, row].astype(np.float64) / 255)
                assert found.ravel() == pytest.approx(expected, abs=0.51 * span / 255 + 2e-5)
                assert arrays["unit_places"][row].tolist() == [number, layer, unit, values.shape[1]]
                row += 1
    assert row == len(arrays["unit_places"])


def test_the_inputs_of_a_unit_are_those_that_weigh_most() -> None:
    engine = trained()
    arrays, before = seen(engine), {}
    places = [tuple(place[:3]) for place in arrays["unit_places"].tolist()]
    for network, name in enumerate(("generator", "discriminator")):
        linear = [layer for layer in getattr(engine, name).layers if isinstance(layer, nn.Linear)]
        for layer, weights in enumerate((one.weight.detach() for one in linear), 1):
            for unit in range(min(16, len(weights))):
                before[network, layer, unit] = weights[unit, :16].tolist()
    for row, place in enumerate(places):
        weights = before.get(place, [])
        strongest = sorted(range(len(weights)), key=lambda unit: -abs(weights[unit]))[:3]
        found = [places[at] for at in arrays["unit_inputs"][row] if at >= 0]
        assert found == [(place[0], place[1] - 1, unit) for unit in strongest]
        assert arrays["unit_weights"][row, : len(found)] == pytest.approx([weights[unit] for unit in strongest])
        assert (arrays["unit_inputs"][row, len(found) :] == -1).all()
        assert not arrays["unit_weights"][row, len(found) :].any()


def test_of_several_sums_the_weight_farthest_from_0_counts() -> None:
    network = MLP(2, 1, read_network("1:maxout(pieces=2)"), torch.Generator().manual_seed(0))
    network.layers[0].weight.data = torch.tensor([[0.5, -3.0], [-2.0, 1.0]])
    network.layers[-1].weight.data = torch.tensor([[-4.0]])
    drawn = drawn_units(network, GRID)
    assert drawn.inputs.tolist() == [[-1, -1, -1], [-1, -1, -1], [1, 0, -1], [2, -1, -1]]
    assert drawn.weights.tolist() == [[0, 0, 0], [0, 0, 0], [-3, -2, 0], [-4, 0, 0]]


def test_looking_leaves_the_points_as_they_are() -> None:
    """Activations that work in place must not reach what came in."""
    before = GRID.clone()
    drawn_units(as_plain(trained().generator), GRID)
    assert torch.equal(GRID, before)


def test_a_unit_that_says_the_same_everywhere_is_0() -> None:
    values = torch.tensor([[0.3, 0.3], [-1.0, 3.0], [float("inf"), 0.0]])
    assert as_bytes(values, ranges(values)).tolist()[:2] == [[0, 0], [0, 255]]


@pytest.mark.parametrize(("task", "network"), [("fit", 0), ("noise", 1)])
def test_only_what_is_trained_is_seen(task: str, network: int) -> None:
    objective = "squared-error" if task == "noise" else "non-saturating"
    arrays = seen(trained(task=task, objective=objective))
    assert set(arrays["unit_places"][:, 0].tolist()) == {network}
    assert arrays["unit_inputs"].max() < len(arrays["unit_places"])


def test_the_lists_are_never_longer_than_what_a_frame_may_have() -> None:
    assert 2 * (2 + DRAWN * MAX_LAYERS) + 3 <= MAX_ARROWS
    shapes = {array.name: array.shape for array in LENS_ARRAYS["units"]}
    assert shapes["unit_maps"] == (SIDE, SIDE, "P")
    assert shapes["unit_inputs"] == shapes["unit_weights"] == ("P", STRONGEST)


def test_every_activation_has_its_module_right_behind_its_sums() -> None:
    """That is how a layer's units are found in a network without a norm."""
    for name in ACTIVATIONS:
        network = MLP(2, 1, read_network(f"6,5:{name}"), torch.Generator().manual_seed(0))
        assert [isinstance(layer, nn.Linear) for layer in network.layers] == [True, False, True, False, True]


def test_it_needs_something_that_is_trained() -> None:
    assert LENSES["units"].needs == {"trains"}
