"""The toys of WGAN-GP (Gulrajani et al. 2017): 8gaussians, 25gaussians and swissroll, as its code has them.

The plan, written before its results:

* Protocol. github.com/igul222/improved_wgan_training, gan_toy.py: G and critic of 3 x 512 with ReLU and a linear
  output, normal latents of two numbers, batches of 256, five updates of the critic to one of G, 100 000 of G. With the
  penalty: Adam 1e-4 (0.5, 0.9), lambda 0.1. Without it: RMSProp 5e-5, weights cut to 0.01. Lambda goes with the scale
  of the data, since a critic and its distance do: here it is 0.0566 for the Gaussians and 0.0472 for the roll.
* Ways. The three data sets, each with the penalty and with clipping.
* Quantities. The paper has pictures, no numbers: modes, high quality and reverse KL of 2 500 samples, as PacGAN counts;
  of all three, the share of the data's parts that is reached and of the samples that lie on the data.
* What is said of them, and this could refute: the claims below. WGAN-GP finds most modes, with samples between them:
  GDPP's table has 24.2 of 25 with 28.7 % of high quality, and 6.8 of 8 (on its ring of seven) with 59.6 %, from memory
  of the paper. Of clipping nothing is claimed: it is shown.
"""

from __future__ import annotations

from gan_core.papers.claims import Claim, median_of
from gan_core.papers.paper import PER_CENT, Column, Published, Table, Way

_GDPP = "GDPP"
_PAPER = Published("WGAN-GP, its figures", {"modes": "a picture, no number"})
# What the length of 1 in the paper's units is in the square's, where 8 modes lie at 0.8, 25 are 0.4 apart, and the roll
# has its own unit (`gan_core.targets`).
SCALE = {"8gaussians": 0.8 / (2 / 1.414), "25gaussians": 0.4 / (2 / 2.828), "swissroll": 7.5 / 15.88717}
_TARGETS = {"8gaussians": "ring", "25gaussians": "grid", "swissroll": "swiss-roll(sd=0.25)"}
_LAMBDA = 0.1
_CLIPPED = {"optimiser": "rmsprop(alpha=0.9, epsilon=1e-05)", "lr": "5e-5"}
_RECALLED = {
    "8gaussians": Published(_GDPP, {"modes": 6.8, "high_quality": 59.6}, confirmed=False),
    "25gaussians": Published(_GDPP, {"modes": 24.2, "high_quality": 28.7}, confirmed=False),
}


def _ways(data: str) -> tuple[Way, Way]:
    published = (_PAPER, *([_RECALLED[data]] if data in _RECALLED else []))
    penalised = {"penalty": "wgan-gp", "penalty_weight": f"{_LAMBDA * SCALE[data]:.6g}"}
    target = {"target": _TARGETS[data]}
    return (
        Way(f"{data}-gp", f"{data}, penalty", {**target, **penalised}, published),
        Way(f"{data}-clip", f"{data}, clipping", {**target, **_CLIPPED}, (_PAPER,)),
    )


def _claims(data: str, most_modes: int) -> tuple[Claim, Claim]:
    way = f"{data}-gp"
    return (
        Claim(
            f"WGAN-GP finds most modes of {data} (more than half, in the median).",
            _GDPP,
            median_of("modes", way, least=most_modes),
            confirmed=False,
        ),
        Claim(
            f"It has samples between the modes of {data} (a tenth or more, in the median).",
            _GDPP,
            median_of("high_quality", way, most=0.9),
            confirmed=False,
        ),
    )


TOYS = Table(
    name="wgan-gp-toys",
    title="The toys of WGAN-GP",
    protocol={
        "latent": "normal",
        "latent_dim": "2",
        "generator": "512,512,512:relu:linear",
        "discriminator": "512,512,512:relu",
        "objective": "wasserstein",
        "optimiser": "adam(beta2=0.9, epsilon=1e-08)",
        "lr": "1e-4",
        "beta1": "0.5",
        "updates": "5:1",
        "batch": "512",
    },
    steps=100_000,
    samples=2_500,
    ways=tuple(way for data in _TARGETS for way in _ways(data)),
    columns=(
        Column("modes", "modes", 1),
        Column("high_quality", "high quality, ball, %", 1, PER_CENT),
        Column("reverse_kl", "reverse KL, all", 4),
        Column("coverage", "parts reached, %", 1, PER_CENT),
        Column("on_band", "on the data, %", 1, PER_CENT),
    ),
    claims=(*_claims("8gaussians", 5), *_claims("25gaussians", 13)),
    differences=(
        "The paper's lambda is 10; its toys have 0.1, because that makes them faster, its code says.",
        "The code's 8gaussians have radius 1.414 and a standard deviation of 0.0141, its 25gaussians are 0.707 apart "
        "with 0.0177: the shapes of PacGAN's ring and grid. GDPP's ring has seven modes, one of double weight.",
        "The paper's pictures of critics hold G fixed at the data plus noise (FIXED_GENERATOR); here G is trained, as "
        "in the code as it stands.",
    ),
    otherwise=(
        "Data are scaled into the square, by 0.566 (Gaussians) and 0.472 (roll), lambda with them. The cut of the "
        "weights, 0.01, has no such rule, and is as published.",
        "Weights are Glorot uniform, not He's.",
        "An update of G takes 512 latents, not 256; the 25gaussians are drawn fresh, not from a fixed set of 100 000.",
        "RMSProp has 1e-5 beside its root; TensorFlow's has 1e-10 under it, and begins with 1 in the place of 0.",
    ),
)
