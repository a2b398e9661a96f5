"""What a panel can show instead of its usual map, or on top of it: a new choice is one entry here."""

from __future__ import annotations

from dataclasses import dataclass

from gan_core.setup.registry import Registry


@dataclass(frozen=True)
class Choice:
    """One of the things that a panel can show. The first of a panel is what it usually shows."""

    name: str
    label: str = ""  # on its button; empty: the short name of the panel's map
    title: str = ""  # of the panel meanwhile; empty: as usual
    help: str = ""
    lens: str = ""  # what the server has to compute for it: a key of `records.LENS_ARRAYS`
    map: str = ""  # the array of it that is the panel's map meanwhile: bytes from 0 to 254, 255 where there is nothing
    reading: str = ""  # what a value of its map is called
    scale: str = ""  # a key of `scales.SCALES`; empty: the usual map stays
    needs: tuple[str, ...] = ()  # of records.offers.OFFERS: what a run must have to offer for it


# Why there is no such thing in a run, by what it does not offer: in the order of records.offers.OFFERS, and once.
WHY_NOT: dict[str, str] = {
    "trains": "Nothing is trained here.",
    "generator": "There is no generator here.",
    "discriminator": "There is no discriminator here.",
    "image": "The latent panel shows D* already.",
    "probability": "What this D says is no probability.",
    "density": "How densely the fakes lie does not follow from this latent distribution.",
    "chart": "This target is no image of the latent square that could be compared with.",
    "strata": "This target has no place along it for a point.",
}

_ALL: dict[str, tuple[Choice, ...]] = {
    "samples": (
        Choice("points", "Points"),
        Choice(
            "mesh",
            "Mesh",
            help="Straight lines of the latent square, pushed through G. Where they bunch up, G sends many z; "
            "where a cell is torn wide open, neighbouring z land far apart.",
            needs=("image",),
        ),
        Choice(
            "pull",
            "Pull",
            help="From where some fakes were before the last step, the thin violet arrow shows where D's "
            "gradient asks them to go (the longest arrow is the strongest wish), the thick amber one what G really "
            "made them do. G has one set of weights for all of them, so it cannot obey everybody. The share counts "
            "the fakes that moved at most 90 degrees off what was asked: 50 % by chance. Moves are drawn longer than "
            "they were, by the factor in the panel's head.",
            lens="pull",
            needs=("trains", "generator", "discriminator", "probability"),
        ),
    ),
    "latent": (
        Choice("map"),
        Choice(
            "tears",
            "Tears",
            title="Latent map: stretch",
            help="Each z is coloured by |det J|, the factor by which G enlarges a small area around it, as a "
            "multiple of an even spread of the square over the spiral's band. Orange lines are tears: neighbours in "
            "latent space land far apart. Purple is squeezed: many z on one spot. Hatched with a dark outline: G has "
            "turned over there like a folded sheet (det J < 0). To compare with: the spiral's own map f, without a "
            "tear, is between ÷ 10 and × 2 nearly everywhere; a G that makes one point is at ÷ 100 or below. Point at "
            "a z to see the ellipse that a small circle around it becomes.",
            lens="tears",
            reading="|det J|",
            scale="stretch",
            needs=("trains", "generator", "chart"),
        ),
    ),
    "discriminator": (
        Choice("map"),
        Choice(
            "best",
            "D*",
            title="Best possible D*(x)",
            help="D*(x) = p / (p + q), from the densities of the data (p) and of G's output (q): no discriminator "
            "could do better against this G. Against a perfect G it is 0.5 wherever there are data, within about 0.01, "
            "the noise of this map; against fakes that are all one point it is 1. Hatched: neither has any mass there, "
            "so that D is free to say anything.",
            lens="best-d",
            map="best_d",
            reading="D*(x)",
            scale="best",
            needs=("trains", "discriminator", "image", "density"),
        ),
        Choice(
            "difference",
            "D - D*",
            title="D(x) - D*(x)",
            help="Green: D says more 'real' than would be right, purple: less. White: D is as good as it can be, "
            "within about 0.01, the noise of D*. "
            "Hatched: neither the data nor G's output have any mass there, so that nothing is right or wrong.",
            lens="best-d",
            reading="D(x) - D*(x)",
            scale="difference",
            needs=("trains", "discriminator", "probability", "density"),
        ),
    ),
}
# By panel. A choice of one's own is one `CHOICES["discriminator"].add(NAME, Choice(NAME, ...))`.
CHOICES: dict[str, Registry[Choice]] = {
    panel: Registry("choice", {choice.name: choice for choice in choices}) for panel, choices in _ALL.items()
}
