"""What each panel shows, by the task of the run: a new task is one entry here."""

from __future__ import annotations

from dataclasses import dataclass

from gan_core.dashboard.page.panels import discriminator, latent, metrics, samples
from gan_core.dashboard.page.panels.panel import Panel

SAMPLE_SPACE = ("x₁", "x₂")
LATENT_SPACE = ("u", "v")


@dataclass(frozen=True)
class Scene:
    """One panel in one task: its words, and how its map is read."""

    title: str
    spoken: str  # the title without symbols, for screen readers
    help: str
    hint: str
    axes: tuple[str, str] = SAMPLE_SPACE
    reading: str = ""  # what a value of its map is called
    short: str = ""  # the same in a word, for a button
    scale: str = ""  # a key of `scales.SCALES`
    points: tuple[str, str] = ("real", "fake")  # what the dots and the crosses are
    marks: str = ""  # what else is drawn


def _of(panel: Panel, spoken: str, **details: str | tuple[str, str]) -> Scene:
    return Scene(panel.title, spoken, panel.help, panel.hint, **details)  # type: ignore[arg-type]


_STEPS = (
    "Dotted upright lines are changes that you made, the dashed one is the step that is viewed. In a branch, pale "
    "dashed curves are those of the run it came from."
)
_RINGS = "Rings: the points nearest to the cursor. "
_TRAIL = (
    "With the trail switched on: the red line with a circle is the path of the centre of the fakes, the blue dashed "
    "one with a diamond that of the bluest spot of the sample map, both over the last 100 steps."
)
_CELLS = (
    "The thin dark line is where D is undecided, 0.5. Colours are interpolated between the centres of the cells; the "
    "number under the cursor is the exact one of the cell's centre. Pause, and the cells become finer."
)

_D = "Each place x is coloured by D(x): blue where D expects real data, red where it expects {other}, white at 0.5."
_BEST = (
    "The best possible discriminator, D*(x) = p / (p + q), from the exact densities of real data (p) and of {other} "
    "(q). Hatched: neither has any mass there, so that nothing is right or wrong."
)

GAN: dict[str, Scene] = {
    "metrics": _of(metrics.PANEL, "Loss and accuracy", marks=_STEPS),
    "samples": _of(
        samples.PANEL, "Samples", marks=_RINGS + _TRAIL + " Hollow grey rings are the fakes of the run it branched off."
    ),
    "latent": _of(
        latent.PANEL,
        "Latent map",
        axes=LATENT_SPACE,
        reading="D(G(z))",
        short="D(G(z))",
        scale="real-fake",
        marks=_CELLS + " Small circles are the z whose fakes land within 0.05 of the cursor.",
    ),
    "discriminator": _of(
        discriminator.PANEL, "Sample map", reading="D(x)", short="D", scale="real-fake", marks=f"{_CELLS} {_TRAIL}"
    ),
}

FIT: dict[str, Scene] = {
    "metrics": Scene(
        "Error of G",
        "Error of G",
        "The mean squared error of G on the batch, over both coordinates, on a logarithmic axis. G is trained alone, "
        "on pairs of z and f(z); there is no discriminator. Choose 'Samples' for G's accuracy, the share of the "
        "batch within 0.05 of where it belongs, and for how far the whole of G's output is from the data.",
        "Point at a step to preview it; click to stay there, drag to zoom in.",
    ),
    "samples": Scene(
        "f(z) and G(z)",
        "Targets and outputs",
        "Blue dots are f(z), where each z belongs; red crosses are G(z), where the generator puts it. Thin lines join "
        "the first 200 pairs: short lines mean a small error.",
        "Point here to see which z the nearest cross comes from, and how far it is off.",
        points=("f(z)", "G(z)"),
        marks="Rings: the cross nearest to the cursor, joined to where it belongs.",
    ),
    "latent": Scene(
        "Error over latent space",
        "Error over latent space",
        "Each z is coloured by the distance of G(z) from f(z), on a logarithmic scale: dark is right to 0.0001, yellow "
        "is off by 1, half the square.",
        "Point here to see f(z), G(z) and the distance between them.",
        axes=LATENT_SPACE,
        reading="error |G(z) - f(z)|",
        short="Error",
        scale="error",
    ),
    "discriminator": Scene(
        "Best possible D, given this G",
        "Best possible discriminator",
        _BEST.format(other="this generator's output")
        + " White all along the spiral means that nobody could tell G's output from the data.",
        "White on the spiral is the goal. Blue parts are missing from G's output, red parts should not be there.",
        reading="D*(x)",
        short="D*",
        scale="best",
    ),
}


def _d_alone(other: str, hint: str) -> dict[str, Scene]:
    return {
        "metrics": Scene(
            "Loss of D",
            "Loss of D",
            "Solid: D's loss, the squared error of its answer. Dotted: its accuracy. Dashed: mean distance of its "
            "map from the best possible one. The line is the least loss that any D could have. There is no generator.",
            "Point at a step to preview it; click to stay there, drag to zoom in.",
        ),
        "samples": Scene(
            f"Data and {other}",
            f"Data and {other}",
            f"Blue dots are real data, red crosses are {other}: what D learns to tell apart. Neither changes.",
            "Point at any of the three square panels: they show the same place.",
            points=("real", other),
        ),
        "latent": Scene(
            "Best possible D*(x)",
            "Best possible discriminator",
            _BEST.format(other=other),
            "Compare with the map that D has learnt so far, at the same place.",
            reading="D*(x)",
            short="D*",
            scale="best",
        ),
        "discriminator": Scene(
            "Sample map D(x)",
            "Sample map",
            _D.format(other=other),
            hint,
            reading="D(x)",
            short="D",
            scale="real-fake",
        ),
    }


NOTHING: dict[str, Scene] = {
    "metrics": Scene(
        "Steps of the way",
        "Steps of the way",
        "Nothing is trained here: the steps only move the points from z to f(z).",
        "Point at a step to preview it; click to stay there, drag to zoom in.",
    ),
    "samples": Scene(
        "From z to f(z)",
        "From z to f of z",
        "Blue dots are f(z), the data. Red crosses are the same z on their way there: at step 0 they fill the latent"
        " square, at the last step each has reached its f(z).",
        "Point here to see the u and v of a place on the spiral.",
        points=("f(z)", "on the way"),
    ),
    "latent": Scene(
        "Latent square: u",
        "Latent square",
        "Each z = (u, v) is coloured by its u, which becomes the place along the spiral; v becomes the place across its"
        " band.",
        "Point here to see f(z), exactly.",
        axes=LATENT_SPACE,
        reading="u",
        short="u",
        scale="along",
    ),
    "discriminator": Scene(
        "Its image: u of f⁻¹(x)",
        "Image of the latent square",
        "Each place on the spiral's band has the colour of the u that f sends there. Hatched: outside the band, where f"
        " sends nothing.",
        "The same colours as in the latent square: neighbours stay neighbours, and nothing is torn.",
        reading="u",
        short="u",
        scale="along-inside",
    ),
}

SCENES: dict[str, dict[str, Scene]] = {
    "gan": GAN,
    "fit": FIT,
    "noise": _d_alone(
        "noise", "Blue should be the spiral alone: against noise that is everywhere, D has to learn its shape."
    ),
    "blob": _d_alone(
        "blob", "Look at the corners: D calls everything real that is not the blob, though no data are there."
    ),
    "none": NOTHING,
}
