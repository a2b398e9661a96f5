"""Zero-centred penalties on the 25-grid: the protocol of "Dive into Deep Learning" (d2l.ai, "Gradient Penalties and
Convergence"), with every combination of its two objectives and two penalties.

The plan, written before its results:

* Protocol. G 64-256-256-2 with ReLU and a linear output, D 2-256-256-1 with LeakyReLU 0.2, normal latents of 64
  numbers, Adam 2e-4 with beta1 0 and beta2 0.99, D then G, 256 real points and 256 fakes for D, 20 000 steps, 10 000
  samples at the end; gamma/2 of the mean squared gradient, gamma 1 for modes 2 apart. The grid is scaled into the
  square, by 1/5, and gamma with the square of that: 0.04.
* Ways. GAN and the relativistic pairing, each without a penalty, with R1, with R2, and with both. The book has three of
  the eight: GAN, GAN + R1 + R2, relativistic + R1 + R2.
* Quantities. Modes, high quality, the reverse KL of samples of high quality, and that with a bin for the rest, as the
  book counts them; and the other ones beside them.
* What the book says, and this could refute: the claims below. Of R1 alone and R2 alone nothing is claimed in the plane
  (R3GAN's runs with R1 alone diverged on StackedMNIST): they are shown.
* Lazy penalties, at every eighth step, are said to fail on 25 Gaussians (R3GAN, appendix E, without numbers). That way
  was added, with its claims, when the GAN's five runs had been seen and none with a penalty: R1 + R2 at the first of
  every 8 steps, 8 times as much.
* Three seeds of the book's three ways had been trained and seen before the plan, on another machine, with the reverse
  KL of all samples: that at most a tenth is of high quality did not come out there, in eight of nine runs.
"""

from __future__ import annotations

from gan_core.papers.claims import Claim, alike, every, median_of, more
from gan_core.papers.paper import MODES, Cell, Published, Table, Way

_D2L = "D2L, 25 Gaussians"
_ADAM = "torch-adam(beta2=0.99)"
_KL = "reverse_kl_high_quality"
_R3GAN = "R3GAN, appendix E"
_R1, _R2, _BOTH = {"penalty": "r1"}, {"penalty": "r2"}, {"penalty": "r1+r2"}
_PAIRED = {"objective": "relativistic"}
_PUBLISHED: dict[str, dict[str, Cell]] = {
    "gan": {"modes": "below 25, every seed", "high_quality": "about 10 or less", _KL: "markedly higher"},
    "penalised": {"modes": "25, every seed", "high_quality": "about 10 or less", _KL: "markedly lower"},
}
_LAZY = "gan-lazy-r1-r2"
_PENALISED = {"gan-r1-r2": "GAN + R1 + R2", "relativistic-r1-r2": "Relativistic + R1 + R2"}


def _way(name: str, words: str, config: dict[str, str], published: str = "") -> Way:
    return Way(name, words, config, (Published(_D2L, _PUBLISHED[published]),) if published else ())


def _claims_of(way: str, words: str) -> tuple[Claim, ...]:
    return (
        Claim(f"{words} reaches all 25 modes with every seed.", _D2L, every("modes", way, least=25), of=way),
        Claim(f"{words} uses them more evenly than the GAN.", _D2L, more(_KL, "gan", way), of=way),
        _few_good(way, words),
    )


def _few_good(way: str, words: str) -> Claim:
    rule = median_of("high_quality", way, most=0.1)
    return Claim(f"{words} has a tenth of high quality at most, in the median.", _D2L, rule, of=way)


GRID = Table(
    name="d2l-grid",
    title="Zero-centred penalties on the grid of 25 modes",
    protocol={
        "target": "grid",
        "latent": "normal",
        "latent_dim": "64",
        "generator": "256,256:relu:linear",
        "discriminator": "256,256:leaky-relu(slope=0.2)",
        "optimiser": _ADAM,
        "lr": "2e-4",
        "beta1": "0",
        "batch": "512",
        "penalty_weight": "0.04",
    },
    steps=20_000,
    samples=10_000,
    ways=(
        _way("gan", "GAN", {}, "gan"),
        _way("gan-r1", "GAN + R1", _R1),
        _way("gan-r2", "GAN + R2", _R2),
        _way("gan-r1-r2", "GAN + R1 + R2", _BOTH, "penalised"),
        _way(_LAZY, "GAN + R1 + R2, lazy", {"penalty": "lazy-r1+r2(every=8)"}),
        _way("relativistic", "relativistic", _PAIRED),
        _way("relativistic-r1", "relativistic + R1", {**_PAIRED, **_R1}),
        _way("relativistic-r2", "relativistic + R2", {**_PAIRED, **_R2}),
        _way("relativistic-r1-r2", "relativistic + R1 + R2", {**_PAIRED, **_BOTH}, "penalised"),
    ),
    columns=MODES,
    claims=(
        Claim("The GAN reaches all 25 modes with no seed.", _D2L, every("modes", "gan", most=24), of="gan"),
        _few_good("gan", "The GAN"),
        *(claim for way, words in _PENALISED.items() for claim in _claims_of(way, words)),
        Claim(
            "With both penalties, GAN and relativistic are equally even.",
            _D2L,
            alike(_KL, *_PENALISED),
            of="relativistic-r1-r2",
        ),
        Claim("Lazy R1 + R2 leaves out modes with every seed.", _R3GAN, every("modes", _LAZY, most=24), of=_LAZY),
        Claim(
            "Lazy R1 + R2 uses the modes less evenly than R1 + R2.",
            _R3GAN,
            more(_KL, _LAZY, "gan-r1-r2"),
            of=_LAZY,
        ),
    ),
    differences=(
        "The book's reverse KL is of samples of high quality alone; PacGAN's text counts all (from memory of the "
        "paper; not confirmed).",
        "R1 has three scales in use: gamma/2 of the mean squared gradient (the papers, StyleGAN2, R3GAN, this table); "
        "without the half (Mescheder's own code, whose 10 is a gamma of 20); and every so many steps, times as many.",
        "R3GAN's paper writes a zero-sum game of D as fakeness; its code, the book and this table have the "
        "non-saturating loss and D as realness.",
        "Lazy penalties, every eighth step, are said to fail on 25 Gaussians (R3GAN, appendix E, which gives no "
        "numbers and no protocol of its own for them).",
    ),
    otherwise=(
        "The grid is a fifth as large, to fit the square, and gamma 1/25; learning rates are as published.",
        "Weights are Glorot uniform and biases 0, not PyTorch's default.",
        "An update of G takes 512 latents, not 256.",
    ),
)
