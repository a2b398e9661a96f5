"""What is counted at the end of a run of a table: fresh samples, as many as its protocol has, by everybody's rules.

High quality is within three standard deviations of the nearest mode: by the distance (VEEGAN, PacGAN, GDPP, D2L), which
is the ball, or by each coordinate, which is the box (the code of self-conditioned GANs). The divergences are those of
the shares of the modes from the data's: of all samples, each given to its nearest mode; of those of high quality alone;
and with one bin more, for what is not of high quality (D2L), which also tells of bad quality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.looking.measures.modes import WITHIN, mode_floors, mode_quality
from gan_core.looking.measures.quality import quality
from gan_core.sweep.plan import Task
from gan_core.targets.registry import TARGETS
from gan_core.targets.target import LATENTS, Modes
from gan_core.training.networks import MLP, as_plain

_BALL = 1 - math.exp(-(WITHIN**2) / 2)  # of a perfect generator's samples, those of high quality
_BOX = math.erf(WITHIN / math.sqrt(2)) ** 2
_SEED = 20200607  # of the latents that are counted, and the run's added: no run is trained on them


@dataclass(frozen=True)
class Count:
    """Counts so many samples: the `measure` of `gan_core.sweep.work`, which goes to workers."""

    samples: int

    def __call__(self, task: Task, generator: MLP) -> dict[str, float]:
        """What is counted; nothing where a sample is not finite. Nothing is drawn from the run's own streams."""
        random = torch.Generator().manual_seed(_SEED + task.seed)
        target, latent = TARGETS.make(task.config.target), LATENTS.make(task.config.latent)
        with torch.no_grad():
            fakes = as_plain(generator)(latent.sample(self.samples, task.config.latent_dim, random))
        if not fakes.isfinite().all():
            return {}
        found = {name: value for name, value in quality(fakes, target).items() if value is not None}
        return found if target.modes is None else found | of_modes(fakes, target.modes)


def of_modes(fakes: Tensor, modes: Modes) -> dict[str, float]:
    """Of (N, 2) fakes: what `mode_quality` says, and high quality by the box, the share of the least mode, the KL with
    a bin for what is off.

    The least share is that of all samples that are of high quality at that mode. The divergences are in nats.
    """
    off = fakes.double()[:, None] - modes.centres  # (N, K, 2)
    distance, nearest = off.square().sum(2).sqrt().min(dim=1)
    good = distance < WITHIN * modes.sd
    inside = off.abs().amax(2).amin(1) < WITHIN * modes.sd
    counts = torch.bincount(nearest[good], minlength=len(modes.centres)).double()
    p = torch.cat((counts, (len(fakes) - counts.sum())[None])) / len(fakes)
    q = torch.cat((modes.weights * _BALL, modes.weights.new_tensor([1 - _BALL])))
    return mode_quality(fakes, modes) | {
        "high_quality_box": float(inside.double().mean()),
        "smallest_share": float(counts.min()) / len(fakes),
        "reverse_kl_with_off": float(torch.special.xlogy(p, p / q).sum()),
    }


def floors(modes: Modes, samples: int) -> dict[str, float]:
    """What so many samples of the data themselves come to on average, of what has a closed form.

    A divergence over K bins is about (K - 1)/2N.
    """
    return mode_floors(modes, samples) | {
        "high_quality_box": _BOX,
        "reverse_kl_with_off": len(modes.centres) / (2 * samples),
    }
