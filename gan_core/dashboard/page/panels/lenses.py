"""What a panel can show instead of its usual map, or on top of it: a new choice is one entry here, and its words, under
`lens.PANEL.NAME`: `label`, on its button, where it is not the short name of the panel's map; `title`, of the panel
meanwhile, where it has one of its own; `help`; `reading`, what a value of its map is called.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from gan_core.texts.catalogue import said, words

WORDS = ("label", "title", "help", "reading")


@dataclass(frozen=True)
class Choice:
    """One of the things that a panel can show. The first of a panel is what it usually shows."""

    name: str
    lens: str = ""  # what the server has to compute for it: a key of `records.LENS_ARRAYS`
    scale: str = ""  # a key of `scales.SCALES`; empty: the usual map stays
    why_not: dict[str, str] = field(default_factory=dict)  # task: why there is no such thing, a key of the catalogue


_NO_G = "why-not.no-generator"
_NO_D = "why-not.no-discriminator"
_NOTHING = "why-not.nothing-trained"
_IS_SHOWN = "why-not.latent-shows-best"
_WITHOUT_D = {"fit": "why-not.shows-best", "none": _NOTHING}

CHOICES: dict[str, tuple[Choice, ...]] = {
    "samples": (
        Choice("points"),
        Choice("mesh", why_not={"noise": _NO_G, "blob": _NO_G}),
        Choice("pull", "pull", why_not={"fit": _NO_D, "noise": _NO_G, "blob": _NO_G, "none": _NOTHING}),
    ),
    "latent": (
        Choice("map"),
        Choice("tears", "tears", "stretch", why_not={"noise": _NO_G, "blob": _NO_G, "none": _NOTHING}),
    ),
    "discriminator": (
        Choice("map"),
        Choice("best", "best-d", "best", why_not={**_WITHOUT_D, "noise": _IS_SHOWN, "blob": _IS_SHOWN}),
        Choice("difference", "best-d", "difference", why_not=_WITHOUT_D),
    ),
}


def choices(panel: str) -> list[dict[str, Any]]:
    """What a panel can show, words included; those that one does without are empty."""
    return [_told(panel, choice) for choice in CHOICES[panel]]


def _told(panel: str, choice: Choice) -> dict[str, Any]:
    label = "" if choice.name == "map" else choice.name
    own = words(f"lens.{panel}.{choice.name}")
    return {**said(asdict(choice)), **dict.fromkeys(WORDS, ""), "label": label, **own}
