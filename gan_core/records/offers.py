"""What a run has to offer to those who look at it, by name; views, choices of panels and lenses say what they need."""

from __future__ import annotations

from collections.abc import Collection

# In the order in which a lack is said. `gan_core.looking.offers` knows which a run has.
OFFERS = {
    "trains": "something is trained",
    "generator": "a generator is trained",
    "discriminator": "a discriminator is trained",
    "image": "each place of the latent square goes somewhere",
    "probability": "what D says is a probability",
    "density": "how densely the fakes lie follows from the square's image, or from a formula",
    "chart": "the target is the image of a square",
    "mean": "a running mean of G's weights is kept",
    "turns": "both networks are updated, one after the other",
    "told": "each update is by a gradient at both networks as they are then",
    "penalty": "D's loss has a penalty, whose weight can be changed",
    "held_out": "points of the data are held out of training, so that copies can be told from new data",
    "strata": "the target says in which part of the data a point is, so that fakes reach so many parts",
    "modes": "the data are equally wide Gaussians, so that the modes that fakes find can be counted",
    "game": "it is a game of two numbers: G a point, D a slope, all data in the middle",
    "tiny": "both networks together have so few parameters that the spectrum of their game can be computed",
}


def lacking(needs: Collection[str], offered: Collection[str]) -> str | None:
    """The first thing that is needed and not offered, in the order of OFFERS; None if there is none."""
    return next((offer for offer in OFFERS if offer in needs and offer not in offered), None)
