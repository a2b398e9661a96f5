"""A reader's module for `--with`: one entry of every kind that the page shows, and a scenario of all of them."""

import plotly.graph_objects as go
import torch

from gan_core.dashboard.page.panels.lenses import CHOICES, Choice
from gan_core.dashboard.page.panels.panel import Panel
from gan_core.dashboard.page.panels.registry import PANELS
from gan_core.looking.lenses import LENSES, Lens
from gan_core.looking.looks import cell_centres
from gan_core.panels.views import VIEWS, Line, Plot, View
from gan_core.records.arrays import LENS_ARRAYS, LensArray
from gan_core.setup.config import GANConfig, HyperParameters
from gan_core.setup.presets import PRESETS, Preset
from gan_core.setup.registry import Number
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import Target
from gan_core.texts.catalogue import add
from gan_core.training.activations import ACTIVATIONS, Activation
from gan_core.training.objectives import OBJECTIVES, Objective
from gan_core.training.penalties import PENALTIES, Penalty


def diagonal(half: float) -> Target:
    def sample(n: int, random: torch.Generator) -> torch.Tensor:
        along = (torch.rand(n, 1, generator=random) * 2 - 1) * half
        return torch.cat((along, -along), dim=1)

    return Target(sample)


def far(subject):  # how far each place is from the middle, as a map
    distance = cell_centres(len(subject.seen.sample_map), torch.device("cpu")).norm(dim=1) / 2**0.5
    yield None
    side = len(subject.seen.sample_map)
    return {"own_far": (distance * 254).round().to(torch.uint8).view(side, side).numpy()}


def flat(discriminator, real, fake, random):
    x = real.clone().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return slope.square().sum(1).mean()


TARGETS.add("own-diagonal", diagonal, half=Number(0.8, 0.1, 1))
ACTIVATIONS.add("own-silu", lambda: Activation(torch.nn.SiLU))
OBJECTIVES.add(
    "own-score",
    lambda: Objective(
        lambda kernels, wrong: ((wrong + 1) ** 2, 2 * (wrong + 1)),
        lambda kernels, fake: (((1 - fake) ** 2).sum() / len(fake), 2 * (fake - 1) / len(fake)),
        probability=False,
    ),
)
PENALTIES.add("own-flat", lambda: Penalty(flat))
LENS_ARRAYS.add("own-far", (LensArray("own_far", "u1", ("R", "R")),))
LENSES.add("own-far", Lens(far, frozenset(("discriminator",))))
CHOICES["discriminator"].add("own-far", Choice("own-far", lens="own-far", map="own_far", scale="best"))
VIEWS.add("own-spread", View("own-spread", {"gan": Plot(0, 1, (0, 1), lines=(Line("spread", "g"),))}))
hidden = "24,24:own-silu"
config = GANConfig(
    target="own-diagonal",
    generator=hidden,
    discriminator=hidden,
    objective="own-score",
    penalty="own-flat",
    batch=32,
)
PANELS.add("own-panel", Panel("own-panel", lambda: go.Figure(go.Scatter(x=[1, 2], y=[2, 1])), square=False))
PRESETS.add("own", Preset("own", config, HyperParameters(updates_d=2), view="own-spread"))
add(
    {
        "preset.own.title": "All of one's own",
        "preset.own.story": "A [line](#samples-panel).",
        "lens.discriminator.own-far.label": "Far",
        "lens.discriminator.own-far.title": "How far",
        "lens.discriminator.own-far.reading": "far",
        "view.own-spread.label": "Spread",
        "scene.gan.own-panel.title": "A panel of one's own",
        "view.own-spread.title": "Spread of the fakes",
    }
)
