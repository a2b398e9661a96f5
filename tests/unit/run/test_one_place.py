"""Collapsed is said of fakes in one place, whichever the data: of looks at fakes that were put where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch

from gan_core.looking.measures.quality import measure
from gan_core.looking.probe import Probe
from gan_core.run.chronicle import rule_for
from gan_core.run.diagnosis import Look
from gan_core.setup.config import GANConfig
from gan_core.targets.registry import TARGETS


def seen(target: str, fakes: torch.Tensor) -> list[Look]:
    """Looks at fakes that stay where they are."""
    read = measure(
        fakes.float(), TARGETS.make(target).sample(2000, torch.Generator().manual_seed(1)), TARGETS.make(target)
    )
    centre = (float(fakes[:, 0].mean()), float(fakes[:, 1].mean()))
    how = (read["coverage"], read["on_band"], read["spread"], centre, 0.0, 0.69, 0.69)
    return [Look(step, *how) for step in range(10, 310, 10)]


def rule_of(target: str) -> Callable[[list[Look]], str]:
    return rule_for(Probe(GANConfig(target=target), torch.device("cpu")).fixed_points(1))


def at_modes(target: str, counts: Mapping[int, int]) -> torch.Tensor:
    """So many fakes exactly as the data have them at each of some modes."""
    modes = TARGETS.make(target).modes
    assert modes is not None
    centres = torch.cat([modes.centres[mode].expand(count, 2) for mode, count in counts.items()])
    return centres + modes.sd * torch.randn(centres.shape, generator=torch.Generator().manual_seed(2)).double()


@pytest.mark.parametrize(
    ("target", "counts", "state"),
    [
        ("ring", {0: 2000}, "collapsed"),
        ("ring", {0: 1900, 1: 100}, "collapsed"),
        ("ring", {0: 1600, 1: 400}, "undecided"),  # a fifth is at another mode
        ("ring", {0: 1000, 1: 1000}, "undecided"),
        ("grid", {12: 2000}, "collapsed"),
        ("grid", {12: 1900, 13: 100}, "collapsed"),
        ("grid", {12: 1000, 13: 1000}, "undecided"),
        ("grid", {6: 500, 7: 500, 11: 500, 12: 500}, "undecided"),  # four neighbours: less wide than 0.3
        ("grid(side=10, sd=0.5)", {44: 2000}, "collapsed"),
    ],
)
def test_fakes_at_several_modes_are_no_collapse(target: str, counts: dict[int, int], state: str) -> None:
    """Collapsed is said where nearly all fakes are in one place: by how many were put elsewhere."""
    assert rule_of(target)(seen(target, at_modes(target, counts))) == state


@pytest.mark.parametrize(("share", "state"), [(0.05, "collapsed"), (0.9, "undecided")])
def test_narrow_is_held_against_the_data(share: float, state: str) -> None:
    """Fakes beside a Gaussian, nearly as wide as it, are no more in one place than the data are."""
    data = TARGETS.make("gaussian(sd=0.05)").sample(2000, torch.Generator().manual_seed(3))
    fakes = data * share + 0.1
    assert rule_of("gaussian(sd=0.05)")(seen("gaussian(sd=0.05)", fakes)) == state
