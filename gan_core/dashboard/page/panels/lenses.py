"""What a panel can show instead of its usual map, or on top of it: a new choice is one entry here, and its words, under
`lens.PANEL.NAME`: `label`, on its button, where it is not the short name of the panel's map; `title`, of the panel
meanwhile, where it has one of its own; `help`; `reading`, what a value of its map is called.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from gan_core.records.offers import OFFERS
from gan_core.setup.registry import Registry
from gan_core.texts.catalogue import say, words

WORDS = ("label", "title", "help", "reading")


@dataclass(frozen=True)
class Choice:
    """One of the things that a panel can show. The first of a panel is what it usually shows."""

    name: str
    lens: str = ""  # what the server has to compute for it: a key of `records.LENS_ARRAYS`
    map: str = ""  # the array of it that is the panel's map meanwhile: bytes from 0 to 254, 255 where there is nothing
    scale: str = ""  # a key of `scales.SCALES`; empty: the usual map stays
    needs: tuple[str, ...] = ()  # of records.offers.OFFERS: what a run must have to offer for it


_ALL: dict[str, tuple[Choice, ...]] = {
    "samples": (
        Choice("points"),
        Choice("mesh", needs=("image",)),
        Choice("pull", "pull", needs=("trains", "generator", "discriminator", "probability")),
        Choice("mean", "mean", needs=("trains", "generator", "mean")),
    ),
    "latent": (
        Choice("map"),
        Choice("tears", "tears", scale="stretch", needs=("trains", "generator", "chart")),
    ),
    "discriminator": (
        Choice("map"),
        Choice("best", "best-d", "best_d", "best", needs=("trains", "discriminator", "image", "density")),
        Choice("difference", "best-d", scale="difference", needs=("trains", "discriminator", "probability", "density")),
    ),
}
# By panel. A choice of one's own is one `CHOICES["discriminator"].add(NAME, Choice(NAME, ...))`.
CHOICES: dict[str, Registry[Choice]] = {
    panel: Registry("choice", {choice.name: choice for choice in choices}) for panel, choices in _ALL.items()
}


def choices(panel: str) -> list[dict[str, Any]]:
    """What a panel can show, words included; those that one does without are empty."""
    return [_told(panel, choice) for choice in CHOICES[panel].values()]


def why_not() -> dict[str, str]:
    """Why there is no such thing in a run, by what it does not offer: in their order, and one reason for each."""
    return {offer: say(f"why-not.{offer}") for offer in OFFERS}


def _told(panel: str, choice: Choice) -> dict[str, Any]:
    label = "" if choice.name == "map" else choice.name
    own = words(f"lens.{panel}.{choice.name}")
    return {**asdict(choice), **dict.fromkeys(WORDS, ""), "label": label, **own}
