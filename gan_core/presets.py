"""The scenarios that a visitor can open, as data. A new one is one entry here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gan_core.config import GANConfig, HyperParameters
from gan_core.records import Recipe


@dataclass(frozen=True)
class Preset:
    """One scenario: where a run starts from, and what to tell the visitor."""

    name: str
    title: str
    story: str  # what is run, and where to look; [words](#id) links them to a control or panel
    config: GANConfig
    values: HyperParameters
    group: str = "more"  # a key of GROUPS
    figure: int | None = None  # of the article
    claim: str = ""  # what the scenario is to show, in a sentence
    why: str = ""  # why it comes to this,
    attempt: str = ""  # and what to try against it
    seed: int | None = None  # the one it is shown with; None: whichever is in use
    length: int = 600  # training steps it is meant for
    pace: int | None = None  # steps a frame; None: as they come
    view: str = "losses"  # which curves to begin with
    lenses: tuple[str, ...] = ()  # to begin with


GROUPS = {"article": "The article", "zoo": "Failure zoo", "more": "More"}

_FIGURE_2 = HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.9, beta1_d=0.9)  # and of 3, 4 and 6
_FIGURE_7 = HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5)

_ALL = (
    Preset(
        name="target",
        group="article",
        figure=1,
        length=120,
        title="What G must learn",
        story="Nothing is trained: each point moves from its place in latent space to where it belongs on the spiral.",
        config=GANConfig(task="none"),
        values=_FIGURE_2,
    ),
    Preset(
        name="mode-collapse",
        group="article",
        figure=2,
        title="Mode collapse",
        story=(
            "Both networks learn at 0.001 with beta1 0.9. The fakes shrink to a blob that hops around the spiral and "
            "never covers it. Turn on the trail: the blob follows the bluest spot of the discriminator's map."
        ),
        config=GANConfig(),
        values=_FIGURE_2,
    ),
    Preset(
        name="generator-capacity",
        group="article",
        figure=3,
        title="G could do it",
        story="G alone is told where each z belongs, and comes so near that its size cannot be what is missing.",
        config=GANConfig(task="fit"),
        values=_FIGURE_2,
    ),
    Preset(
        name="discriminator-capacity",
        group="article",
        figure=4,
        title="D could do it",
        story="D alone tells the spiral from even noise, beside the best D that there could be.",
        config=GANConfig(task="noise", objective="squared-error"),
        values=_FIGURE_2,
    ),
    Preset(
        name="longer",
        group="article",
        figure=5,
        length=4_000,
        title="Longer does not help",
        story="The same as mode collapse, for thousands of steps: the fakes go on hopping and cover next to nothing.",
        config=GANConfig(),
        values=_FIGURE_2,
    ),
    Preset(
        name="what-d-learns",
        group="article",
        figure=6,
        title="What D really learns",
        story="D alone tells the spiral from a small blob that never moves, and calls the rest of the square real.",
        config=GANConfig(task="blob", objective="squared-error"),
        values=_FIGURE_2,
    ),
    Preset(
        name="better",
        group="article",
        figure=7,
        length=60_000,
        title="A better solution",
        story=(
            "The generator learns five times slower than the discriminator, and beta1 is 0.5 for both. The fakes "
            "spread along the whole spiral, and the sample map turns into a picture of the data."
        ),
        config=GANConfig(),
        values=_FIGURE_7,
    ),
    Preset(
        name="tears",
        group="article",
        figure=8,
        length=60_000,
        title="Tears",
        story="The better solution again: thin lines in the latent map, where G tears apart what was side by side.",
        config=GANConfig(),
        values=_FIGURE_7,
    ),
    Preset(
        name="quick",
        title="Quick (small networks)",
        story=(
            "The better solution with networks of 3 x 128 and batches of 256, about fifteen times cheaper a step: for "
            "trying things out on a slow machine."
        ),
        config=GANConfig(width=128, batch=256),
        values=_FIGURE_7,
    ),
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _ALL}
DEFAULT_PRESET = "mode-collapse"


def find_preset(name: str) -> Preset:
    """Return the preset called `name`. Raises ValueError with the names there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise ValueError(f"There is no preset {name!r}; there are {', '.join(PRESETS)}.") from None


def preset_of(recipe: Recipe) -> Preset:
    """Return what a recorded run was begun as; its own values count, whatever the preset of that name says by now.

    Raises ValueError when the recipe asks for what there cannot be.
    """
    try:
        config, values = GANConfig(**recipe.config), HyperParameters(**recipe.values)
    except TypeError as error:
        raise ValueError(f"This run was recorded with settings that are not known here: {error}.") from None
    known = PRESETS.get(recipe.preset) or Preset(recipe.preset, recipe.preset, "", config, values)
    return replace(known, config=config, values=values)
