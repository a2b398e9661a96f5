"""What each panel shows, by the task of the run: a new task is one entry here and its words under `scene.TASK.PANEL`.

These are: `title`, and `spoken`, the same without symbols, for screen readers; `help` and `hint`; `reading`, what a
value of its map is called, and `short`, the same in a word, for a button; `dots` and `crosses`, what these are; and
`marks`, what else is drawn.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from gan_core.texts.catalogue import words

# The square panels show -EXTENT to EXTENT, a little more than the square itself: collapsed fakes lie exactly on its
# edge and in its corners, where tanh is 1, and have to be seen whole in the smallest panel too.
EXTENT = 1.08
TICKS = (-1, -0.5, 0, 0.5, 1)
SAMPLE_SPACE = ("x₁", "x₂")
LATENT_SPACE = ("u", "v")
WORDS = ("title", "spoken", "help", "hint", "reading", "short", "dots", "crosses", "marks")


@dataclass(frozen=True)
class Scene:
    """One panel in one task: how its map is read."""

    axes: tuple[str, str] = SAMPLE_SPACE
    scale: str = ""  # a key of `scales.SCALES`


GAN: dict[str, Scene] = {
    "metrics": Scene(),
    "samples": Scene(),
    "latent": Scene(LATENT_SPACE, "real-fake"),
    "discriminator": Scene(scale="real-fake"),
}
FIT: dict[str, Scene] = {
    "metrics": Scene(),
    "samples": Scene(),
    "latent": Scene(LATENT_SPACE, "error"),
    "discriminator": Scene(scale="best"),
}
D_ALONE: dict[str, Scene] = {
    "metrics": Scene(),
    "samples": Scene(),
    "latent": Scene(scale="best"),
    "discriminator": Scene(scale="real-fake"),
}
NOTHING: dict[str, Scene] = {
    "metrics": Scene(),
    "samples": Scene(),
    "latent": Scene(LATENT_SPACE, "along"),
    "discriminator": Scene(scale="along-inside"),
}

SCENES: dict[str, dict[str, Scene]] = {"gan": GAN, "fit": FIT, "noise": D_ALONE, "blob": D_ALONE, "none": NOTHING}


def scene(task: str, panel: str) -> dict[str, Any]:
    """One panel in one task, words included; those that it does without are empty.

    A panel that has no scene of a task is the same as in the GAN's, and one that has none there is as it stands.
    """
    own = words(f"scene.{task}.{panel}") or words(f"scene.gan.{panel}")
    return {
        **asdict(SCENES[task].get(panel, Scene())),
        **dict.fromkeys(WORDS, ""),
        "title": panel,
        "spoken": panel,
        **own,
    }
