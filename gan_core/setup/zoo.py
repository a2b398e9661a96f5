"""The failure zoo: what goes wrong with GANs, each in a run that shows it within a minute.

All have the healthy run's networks, and values of their own. tests/unit/test_zoo.py holds each to its signature.
"""

from __future__ import annotations

from dataclasses import replace

from gan_core.setup.config import HyperParameters, sized
from gan_core.setup.scenario import Preset

_SMALL = sized(width=64, batch=128)  # large enough to fail like the article's, some thirty times cheaper a step
_HEALTHY = HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5)

ZOO = (
    Preset(
        name="zoo-collapse",
        group="zoo",
        title="Collapse",
        story=(
            "G learns a thousand times faster than D. All [fakes](#samples-panel) end up in one spot and stay there "
            "for more than a thousand steps; [latent space](#latent-panel) is all of one colour, because every z "
            "gives the same fake. [D's loss](#metrics-panel) stays near 0.69: it has hardly noticed."
        ),
        claim="Against a D that stands still, G's best answer is a single point.",
        why=(
            "G's loss is a mean over its fakes, each on its own: nothing in it asks for variety. Against a D that "
            "does not move, it is least when every fake sits where D is largest. Only a D that notices can drive them "
            "apart."
        ),
        attempt=(
            "Raise [D's learning rate](#lr-d) to 0.001 and lower [G's](#lr-g) to 0.0002: D notices, and the spot "
            "opens up."
        ),
        config=_SMALL,
        values=replace(_HEALTHY, lr_g=1e-3, lr_d=1e-6),
        seed=5,
        length=600,
    ),
    Preset(
        name="zoo-hopping",
        group="zoo",
        title="Hopping",
        story=(
            "Figure 2 in small: both learn at 0.001 with beta1 at 0.9. The [fakes](#samples-panel) move about as one, "
            "each time to where [D's map](#discriminator-panel) is bluest, and that spot turns red once they are "
            "there. [Along the spiral](#metrics-panel) you see a line that jumps."
        ),
        claim="G chases the spot that D likes best, D learns to reject it, and so on for ever.",
        why=(
            "G is as fast as D. It gets to D's best spot with all its fakes before D has learnt what they are, and by "
            "the time D rejects them, another spot is best. Momentum carries both past the point where they should "
            "stop."
        ),
        attempt=(
            "Lower [G's learning rate](#lr-g) to 0.0002, and beta1 of [G](#beta1-g) and [D](#beta1-d) to 0.5: within "
            "some hundred steps it covers."
        ),
        config=_SMALL,
        values=HyperParameters(lr_g=1e-3, lr_d=1e-3, beta1_g=0.9, beta1_d=0.9),
        seed=0,
        length=800,
        view="spiral",
    ),
    Preset(
        name="zoo-d-wins",
        group="zoo",
        title="D wins",
        story=(
            "D learns fast and with a momentum of 0.99, and G minimises log(1 - D(G(z))). After some hundred steps "
            "[D's loss](#metrics-panel) is 0 and the [fakes](#samples-panel) stand still at the edge. [Latent "
            "space](#latent-panel) is dark red all over: nothing of what D knows comes back to G."
        ),
        claim="Where D is certain that fakes are fake, the minimax loss has no slope left for G to follow.",
        why=(
            "The derivative of log(1 - D(G(z))) is that of D's logit times D(G(z)). D's momentum drives its logits "
            "ever further out; once it gives the fakes 1e-6 or less, as little reaches G. The loss of the other "
            "scenarios, -log D(G(z)), was made against this: with it this very run never stops moving."
        ),
        attempt=(
            "Too late by now: there is nothing to follow. [Pause](#play-pause), [Reset](#reset), lower [D's "
            "beta1](#beta1-d) to 0.5 and play: D stays unsure, and G covers the spiral."
        ),
        config=replace(_SMALL, objective="minimax"),
        values=HyperParameters(lr_g=2e-3, lr_d=1e-2, beta1_g=0.5, beta1_d=0.99),
        seed=0,
        length=800,
    ),
    Preset(
        name="zoo-corner",
        group="zoo",
        title="Stuck in a corner",
        story=(
            "G learns at 0.05. A few steps throw all [fakes](#samples-panel) into a corner of the square, and there "
            "they stay. [D](#discriminator-panel) knows it, its [loss](#metrics-panel) is 0, and its map is steep "
            "there: it does say where to go, but G can no longer move."
        ),
        claim="At the edge of tanh's range its slope is 0, and no gradient comes through, whatever D says.",
        why=(
            "G ends in a tanh, whose slope is 1 - x^2. Steps this large push what goes into it so far out that the "
            "slope is 0 in float32: D's gradient, far from 0, is multiplied by that."
        ),
        attempt=(
            "Too late by now: a gradient of 0 stays 0 at any rate. [Pause](#play-pause), [Reset](#reset), lower [G's "
            "learning rate](#lr-g) to 0.0002 and play: that is the healthy run."
        ),
        config=_SMALL,
        values=replace(_HEALTHY, lr_g=5e-2),
        seed=0,
        length=600,
    ),
    Preset(
        name="zoo-high-lr",
        group="zoo",
        title="Learning rates too high",
        story=(
            "The healthy run with both learning rates times fifty. The [fakes](#samples-panel) are somewhere else at "
            "every look, and [D's map](#discriminator-panel) flips. See the spikes of the [losses](#metrics-panel): "
            "far above 0.69, D is worse than if it guessed."
        ),
        claim="Steps that overshoot make the losses spike, and what was learnt is lost again.",
        why=(
            "Adam's steps are about as long as the learning rate, whatever the gradient's size. Too long ones jump "
            "over the valley that the gradient points into, and each network's jump makes the other's last one wrong."
        ),
        attempt=(
            "Lower [G's learning rate](#lr-g) to 0.0002 and [D's](#lr-d) to 0.001: the spikes stop at once. The large "
            "weights stay, so that covering the spiral takes a thousand steps or more."
        ),
        config=_SMALL,
        values=replace(_HEALTHY, lr_g=1e-2, lr_d=5e-2),
        seed=2,
        length=600,
    ),
    Preset(
        name="zoo-high-beta1",
        group="zoo",
        title="Too much momentum",
        story=(
            "The healthy run with beta1 at 0.99. The [fakes](#samples-panel) swing: out beyond the data, back into a "
            "small heap, out again, and the [losses](#metrics-panel) with them, in slow waves."
        ),
        claim="With a long memory both networks overshoot, and go on answering what the other did a hundred steps ago.",
        why=(
            "beta1 0.99 averages the gradients of about a hundred steps. The other network has changed by then, so "
            "that each keeps going where it no longer should. In a game of two, delay makes oscillation, not speed."
        ),
        attempt="Lower [G's beta1](#beta1-g) and [D's](#beta1-d) to 0.5, and watch the waves die away.",
        config=_SMALL,
        values=replace(_HEALTHY, beta1_g=0.99, beta1_d=0.99),
        seed=0,
        length=1000,
    ),
    Preset(
        name="zoo-healthy",
        group="zoo",
        title="A healthy one",
        story=(
            "What the others should look like. The [fakes](#samples-panel) spread along the spiral within two hundred "
            "steps, [coverage](#metrics-panel) rises past 0.9, and both losses settle near 0.69, where D can only "
            "guess."
        ),
        claim="A slower G with little momentum covers the data, with small networks as with large ones.",
        why=(
            "D is five times as fast as G, so that its map is nearly right for the fakes that there are now, and G "
            "takes small steps after it with hardly any momentum."
        ),
        attempt=(
            "Break it: raise [G's learning rate](#lr-g) to 0.01, and the fakes hop. Then go back to 0.0002 and watch "
            "it recover."
        ),
        config=_SMALL,
        values=_HEALTHY,
        seed=0,
        length=1000,
        view="samples",
    ),
)
