"""The scenarios that a visitor can open, as data. A new one is one entry here."""

from __future__ import annotations

from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.registry import Registry
from gan_core.setup.scenario import GROUPS, Preset
from gan_core.setup.zoo import ZOO

__all__ = ["DEFAULT_PRESET", "GROUPS", "PRESETS", "Preset", "find_preset"]


_FIGURE_2 = HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.9, beta1_d=0.9)  # and of 3, 4 and 6
_FIGURE_7 = HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5)

# Of the long ones: the beginning step by step, half a minute in all, then on by itself.
_SOON_FASTER = ((1, 1), (200, 5), (600, 20), (1_200, None))

_ALL = (
    Preset(
        name="target",
        group="article",
        figure=1,
        length=120,
        pauses=True,
        title="What G must learn",
        story=(
            "Nothing is trained here. Every red cross starts at its latent point z = (u, v) and moves to its "
            "place f(z) on the spiral; [Reset](#reset) shows it again, [Step](#step-once) a step at a time. Point "
            "at the [latent square](#latent-panel): the same place lights up on [the spiral](#samples-panel). u "
            "becomes the way along the band, v the way across it."
        ),
        claim="The map that G must learn is smooth and one-to-one: neighbours stay neighbours.",
        config=GANConfig(task="none"),
        values=_FIGURE_2,
    ),
    Preset(
        name="mode-collapse",
        group="article",
        figure=2,
        pauses=True,
        title="Mode collapse",
        story=(
            "Both networks learn at 0.001, with beta1 at 0.9. The fakes shrink to a blob that jumps about and "
            "never covers [the data](#samples-panel). Switch on [the trail](#trail): it chases the bluest spot of "
            "[D's map](#discriminator-panel). [Drag G's learning rate down to 0.0002](#lr-g) and [both](#beta1-g) "
            "[beta1](#beta1-d) to 0.5: it opens up."
        ),
        claim="The fakes collapse to a blob that chases the bluest spot of D's map.",
        config=GANConfig(),
        values=_FIGURE_2,
    ),
    Preset(
        name="generator-capacity",
        group="article",
        figure=3,
        pauses=True,
        title="G could do it",
        story=(
            "G alone, without a D: it is told where each z belongs and learns that by squared error. Watch the "
            "crosses G(z) settle on [the dots f(z)](#samples-panel), and the [error over latent "
            "space](#latent-panel) go from yellow to dark. After 600 steps more time brings nothing more; [lower "
            "its learning rate](#lr-g) and it does."
        ),
        claim="G is large enough for the spiral: size is not what it lacks when it collapses.",
        config=GANConfig(task="fit"),
        values=_FIGURE_2,
    ),
    Preset(
        name="discriminator-capacity",
        group="article",
        figure=4,
        pauses=True,
        title="D could do it",
        story=(
            "D alone learns to tell the spiral from noise all over the square. Compare [its "
            "map](#discriminator-panel) with the [best one possible](#latent-panel), which is known exactly here, "
            "or look at [the difference](#lens-sample-map). At step 600 it is far from that, though the article "
            "does not say so: the turns are there, but blurred. [Let it run on](#play-pause) and it gets nearer, "
            "slowly."
        ),
        claim="D is large enough to draw the spiral, too; after 600 steps it is still far from the best possible D.",
        config=GANConfig(task="noise", objective="squared-error"),
        values=_FIGURE_2,
    ),
    Preset(
        name="longer",
        group="article",
        figure=5,
        length=6_000,
        paces=_SOON_FASTER,
        title="Longer does not help",
        story=(
            "Figure 2 again, for thousands of steps: the first 200 one by one, then faster, from 1 200 on at [full "
            "speed](#pace). See [where on the spiral "
            "the fakes are](#metrics-panel): a few spots at a time, now here, now there, and later often nowhere: D "
            "has won, and G is stuck. [Drag the timeline](#timeline) to any step; training goes on meanwhile."
        ),
        claim="Ten times the steps cure nothing: time is not what is missing.",
        view="spiral",
        config=GANConfig(),
        values=_FIGURE_2,
    ),
    Preset(
        name="what-d-learns",
        group="article",
        figure=6,
        pauses=True,
        title="What D really learns",
        story=(
            "D alone again, against a small blob that never moves instead of noise. [Its "
            "map](#discriminator-panel) turns red at the blob and in a wedge behind it, and blue everywhere else, even "
            "in the other corners, where there never was any data. Where the [best possible map](#latent-panel) is "
            "hatched there is neither data nor blob: D may say anything there, and says real. Compare figure 4."
        ),
        claim="D does not learn what is real: it tells the data from this one generator, and calls all the rest real.",
        config=GANConfig(task="blob", objective="squared-error"),
        values=_FIGURE_2,
    ),
    Preset(
        name="better",
        group="article",
        figure=7,
        length=60_000,
        paces=_SOON_FASTER,
        title="A better solution",
        story=(
            "G learns five times slower than D, and beta1 is 0.5 for both. Within a hundred steps the fakes "
            "spread; [coverage](#metrics-panel) stays high, and [D's map](#discriminator-panel) becomes a picture "
            "of the data. [Push G's learning rate up to 0.001](#lr-g) to break it, then [go back to before "
            "that](#before-change)."
        ),
        claim="With a slower G and less momentum the fakes come to cover the spiral.",
        view="samples",
        config=GANConfig(),
        values=_FIGURE_7,
    ),
    Preset(
        name="tears",
        group="article",
        figure=8,
        length=60_000,
        paces=_SOON_FASTER,
        title="Tears",
        story=(
            "Figure 7 again, seen from [latent space](#latent-panel). Orange lines are tears: move the cursor "
            "across one, and the fake jumps far in [the samples](#samples-panel); on the line it falls off the "
            "spiral. [Mesh](#lens-samples) shows the square pushed through G, [D(G(z))](#lens-latent) the "
            "article's red lines. They come with the band, after some thousand steps or, by the seed, many more."
        ),
        claim="To cover the spiral, G tears the latent square: neighbours in it land far apart.",
        view="samples",
        lenses=("tears",),
        config=GANConfig(),
        values=_FIGURE_7,
    ),
    Preset(
        name="quick",
        length=6_000,
        paces=((1, None),),
        title="Quick (small networks)",
        story=(
            "The better solution with networks of 3 x 128 and batches of 256, about fifteen times cheaper a step: "
            "for trying things out on a slow machine. [Drag G's learning rate](#lr-g) and [beta1](#beta1-g) about "
            "and watch [the samples](#samples-panel)."
        ),
        claim="What cures the large networks cures small ones, too.",
        config=sized(width=128, batch=256),
        values=_FIGURE_7,
    ),
)

PRESETS: Registry[Preset] = Registry("preset", {preset.name: preset for preset in (*_ALL, *ZOO)})
DEFAULT_PRESET = "mode-collapse"


def find_preset(name: str) -> Preset:
    """Return the preset called `name`. Raises ValueError with the names there are."""
    return PRESETS.find(name)
