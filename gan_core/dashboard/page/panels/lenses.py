"""What a panel can show instead of its usual map, or on top of it: a new choice is one entry here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Choice:
    """One of the things that a panel can show. The first of a panel is what it usually shows."""

    name: str
    label: str = ""  # on its button; empty: the short name of the panel's map
    title: str = ""  # of the panel meanwhile; empty: as usual
    help: str = ""
    lens: str = ""  # what the server has to compute for it: a key of `records.LENS_ARRAYS`
    reading: str = ""  # what a value of its map is called
    scale: str = ""  # a key of `scales.SCALES`; empty: the usual map stays
    why_not: dict[str, str] = field(default_factory=dict)  # task: why there is no such thing


_NO_G = "There is no generator here."
_NO_D = "There is no discriminator here."
_NOTHING = "Nothing is trained here."
_IS_SHOWN = "The latent panel shows D* already."
_WITHOUT_D = {"fit": "The panel shows D* already.", "none": _NOTHING}

CHOICES: dict[str, tuple[Choice, ...]] = {
    "samples": (
        Choice("points", "Points"),
        Choice(
            "mesh",
            "Mesh",
            help="Straight lines of the latent square, pushed through G. Where they bunch up, G sends many z; "
            "where a cell is torn wide open, neighbouring z land far apart.",
            why_not={"noise": _NO_G, "blob": _NO_G},
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
            why_not={"fit": _NO_D, "noise": _NO_G, "blob": _NO_G, "none": _NOTHING},
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
            why_not={"noise": _NO_G, "blob": _NO_G, "none": _NOTHING},
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
            reading="D*(x)",
            scale="best",
            why_not={**_WITHOUT_D, "noise": _IS_SHOWN, "blob": _IS_SHOWN},
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
            why_not=_WITHOUT_D,
        ),
    ),
}
