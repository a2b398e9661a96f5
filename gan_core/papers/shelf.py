"""The tables of the shelf: its scenarios (`gan_core.setup.shelf`) over seeds, as small as can be watched.

The plan, written before the results of the seeds 0 to 4. Two runs of each way on the ring with other seeds (100 and
101) had been looked at to choose networks, rates and lengths, and what is expected below was written after that; of
lazy penalties, critics and games it was written after one or two. 2 500 samples are counted at the end, as PacGAN does.

* `shelf-ring`: G and D of 2 x 128, batches of 256, Adam 0.001 with a beta1 of 0.8 for both, 3 000 steps. Ways: GAN;
  packing 2; unrolled 5; G five times slower (two time-scales); instance noise of 0.1 that fades by step 2 000; and with
  the slower G noise that fades, and noise that stays. Papers say: a GAN finds few modes; packing finds more, and costs
  some quality; unrolling finds more, and costs much; with two time-scales a GAN converges; noise makes training
  stable, and blurs while it is there.
* `shelf-latents`: the slower G, 4 000 steps. Ways: normal latents of 1, 2, 4 and 16 numbers, and uniform ones of 2.
  Papers say: a continuous G leaves samples between separate modes. Expected here: one number is too few; between normal
  and uniform ones no difference shows; more numbers do not leave fewer samples between the modes.
* `shelf-wgan-gp`: the grid of 25, the toys' critic at a quarter of their width, five updates of D to one of G, 3 000 of
  G. Said of it: most modes, with samples between them.
* `shelf-games`: the Dirac-GAN, 500 steps of 0.2; nothing is drawn there but where it begins, and that is fixed: five
  seeds are one run. Ways: minimax; R1; relativistic pairs without a penalty; the same with R1 + R2.
* `shelf-starving`: the zoo's run in which D wins, with minimax and with the non-saturating loss, 800 steps. G's weight
  on each fake is D(G(z)) with minimax, which is -loss where it is small.

What the grid's cures come to is the table `d2l-grid`.
"""

from __future__ import annotations

import math

from gan_core.papers.claims import Claim, alike, every, median_of, more
from gan_core.papers.paper import MODES, Column, Published, Table, Way
from gan_core.setup.shelf import LATENT_STEPS, RING_STEPS, WGAN_STEPS

OURS = "expected here"
_PACGAN, _VEEGAN, _GDPP = "PacGAN, Table 1", "VEEGAN, Table 1", "GDPP"
_SAMPLES = 2_500
_OTHERWISE = ("Networks, rates and length are none of the papers': they are as small as shows it, to be watched.",)


def _of_paper(source: str, modes: float, high_quality: float) -> Published:
    return Published(source, {"modes": modes, "high_quality": high_quality})


RING = Table(
    name="shelf-ring",
    title="Cures on the ring of eight modes, small enough to watch",
    preset="ring-collapse",
    protocol={},
    steps=RING_STEPS,
    samples=_SAMPLES,
    ways=(
        Way("gan", "GAN", {}, (_of_paper(_VEEGAN, 1, 99.3), _of_paper(_PACGAN, 6.3, 98.2))),
        Way("packing-2", "packing 2", {"packing": "2"}, (_of_paper(_PACGAN, 7.9, 95.6),)),
        Way("unrolled-5", "unrolled 5", {"unrolled": "5"}, (_of_paper(_VEEGAN, 7.6, 35.6),)),
        Way("slower-g", "slower G", {"lr_g": "2e-4"}),
        Way("noise", "noise that fades", {"instance_noise": "0.1", "noise_steps": "2000"}),
        Way(
            "slower-g-noise",
            "slower G, noise that fades",
            {"lr_g": "2e-4", "instance_noise": "0.1", "noise_steps": "2000"},
        ),
        Way("slower-g-noise-stays", "slower G, noise that stays", {"lr_g": "2e-4", "instance_noise": "0.1"}),
    ),
    columns=MODES,
    claims=(
        Claim(
            "A GAN finds half of the modes at most, with every seed.", _VEEGAN, every("modes", "gan", most=4), of="gan"
        ),
        Claim("Packing 2 finds more modes than the GAN.", _PACGAN, more("modes", "packing-2", "gan"), of="packing-2"),
        Claim(
            "Packing 2 has fewer samples of high quality.",
            _PACGAN,
            more("high_quality", "gan", "packing-2"),
            of="packing-2",
        ),
        Claim("Unrolling finds more modes than the GAN.", _VEEGAN, more("modes", "unrolled-5", "gan"), of="unrolled-5"),
        Claim(
            "Unrolling has fewer samples of high quality.",
            _VEEGAN,
            more("high_quality", "gan", "unrolled-5"),
            of="unrolled-5",
        ),
        Claim(
            "With two time-scales the GAN comes to hold all eight modes, with every seed.",
            "Heusel et al. 2017: it converges",
            every("modes", "slower-g", least=8),
            of="slower-g",
        ),
        Claim(
            "Noise that fades makes the GAN hold more modes.",
            "Arjovsky and Bottou 2017: it makes training stable",
            more("modes", "noise", "gan"),
            of="noise",
        ),
        Claim(
            "Noise that stays leaves fewer samples of high quality than noise that fades.",
            OURS,
            more("high_quality", "slower-g-noise", "slower-g-noise-stays"),
            of="slower-g-noise",
        ),
    ),
    differences=(),
    otherwise=_OTHERWISE,
)
LATENTS = Table(
    name="shelf-latents",
    title="Latent space on the ring of eight modes",
    preset="bridges",
    protocol={},
    steps=LATENT_STEPS,
    samples=_SAMPLES,
    ways=(
        Way("normal-1", "normal, 1 number", {"latent_dim": "1"}),
        Way("normal-2", "normal, 2 numbers", {}),
        Way("normal-4", "normal, 4 numbers", {"latent_dim": "4"}),
        Way("normal-16", "normal, 16 numbers", {"latent_dim": "16"}),
        Way("uniform-2", "uniform, 2 numbers", {"latent": "uniform"}),
    ),
    columns=MODES,
    claims=(
        Claim(
            "A G that holds all modes has 2 % of its samples or more between them, with every seed.",
            "Tanielian et al. 2020: a continuous G must",
            every("high_quality", "normal-2", most=0.98),
            of="normal-2",
        ),
        Claim(
            "One number holds fewer modes evenly: its divergence is larger.",
            OURS,
            more("reverse_kl", "normal-1", "normal-2"),
            of="normal-1",
        ),
        Claim(
            "Sixteen numbers have fewer samples of high quality than two.",
            OURS,
            more("high_quality", "normal-2", "normal-16"),
            of="normal-16",
        ),
        Claim(
            "Between normal and uniform latents of two numbers no difference shows in high quality.",
            OURS,
            alike("high_quality", "normal-2", "uniform-2"),
            of="uniform-2",
        ),
    ),
    differences=(),
    otherwise=_OTHERWISE,
)
CRITIC = Table(
    name="shelf-wgan-gp",
    title="WGAN-GP on the grid of 25 modes, small enough to watch",
    preset="wgan-gp",
    protocol={},
    steps=WGAN_STEPS,
    samples=_SAMPLES,
    ways=(
        Way(
            "wgan-gp",
            "WGAN-GP",
            {},
            (Published(_GDPP, {"modes": 24.2, "high_quality": 28.7}, confirmed=False),),
        ),
    ),
    columns=MODES,
    claims=(
        Claim(
            "WGAN-GP finds most modes (more than half, in the median).",
            _GDPP,
            median_of("modes", "wgan-gp", least=13),
            confirmed=False,
            of="wgan-gp",
        ),
        Claim(
            "It has samples between the modes (a tenth or more, in the median).",
            _GDPP,
            median_of("high_quality", "wgan-gp", most=0.9),
            confirmed=False,
            of="wgan-gp",
        ),
    ),
    differences=(),
    otherwise=_OTHERWISE,
)
_AWAY, _THERE = 0.05, 1e-6  # from the solution, in units of the square: still under way, and at rest
_MESCHEDER, _R3GAN = "Mescheder et al. 2018", "R3GAN, appendix B"
GAMES = Table(
    name="shelf-games",
    title="The Dirac-GAN",
    preset="dirac",
    protocol={},
    steps=500,
    samples=_SAMPLES,
    ways=(
        Way("minimax", "minimax", {}),
        Way("r1", "minimax + R1", {"penalty": "r1"}),
        Way("relativistic", "relativistic", {"objective": "relativistic"}),
        Way("relativistic-r1-r2", "relativistic + R1 + R2", {"objective": "relativistic", "penalty": "r1+r2"}),
    ),
    columns=(Column("distance", "distance from the solution", 4),),
    claims=(
        Claim(
            "Without a penalty it never comes to rest.",
            _MESCHEDER,
            every("distance", "minimax", least=_AWAY),
            of="minimax",
        ),
        Claim("With R1 it comes to rest in the solution.", _MESCHEDER, every("distance", "r1", most=_THERE), of="r1"),
        Claim(
            "Relativistic pairs without a penalty do not come to rest.",
            _R3GAN,
            every("distance", "relativistic", least=_AWAY),
            of="relativistic",
        ),
        Claim(
            "With R1 + R2 they do.",
            _R3GAN,
            every("distance", "relativistic-r1-r2", most=_THERE),
            of="relativistic-r1-r2",
        ),
    ),
    differences=(),
    otherwise=("Steps of 0.2 for both, as the papers write the losses; D's and G's at once.",),
)
STARVING = Table(
    name="shelf-starving",
    title="What G is told when D wins",
    preset="zoo-d-wins",
    protocol={},
    steps=800,
    samples=_SAMPLES,
    ways=(
        Way("minimax", "minimax", {}),
        Way("non-saturating", "non-saturating", {"objective": "non-saturating"}),
    ),
    columns=(
        Column("d_loss", "D's loss", 4),
        Column("g_loss", "G's loss", 4, least=-math.inf),
    ),
    claims=(
        Claim(
            "With minimax G's weight on its fakes is below 0.001 in the end, with every seed.",
            "Goodfellow et al. 2014",
            every("g_loss", "minimax", least=-0.001, most=0.0),
            of="minimax",
        ),
        Claim(
            "With the non-saturating loss D does not win in the same run: its loss stays above 0.05.",
            "Goodfellow et al. 2014",
            every("d_loss", "non-saturating", least=0.05),
            of="non-saturating",
        ),
    ),
    differences=(),
    otherwise=(),
)
TABLES = (RING, LATENTS, CRITIC, GAMES, STARVING)
