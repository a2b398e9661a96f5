"""What a scenario is made of: how a run of it begins. Its words are in the catalogue, under `preset.NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gan_core.setup.config import GANConfig, HyperParameters, parted
from gan_core.texts.catalogue import say_or

# Paces of the long ones: the beginning step by step, half a minute in all, then on by itself.
SOON_FASTER: tuple[tuple[int, int | None], ...] = ((1, 1), (200, 5), (600, 20), (1_200, None))


@dataclass(frozen=True)
class Preset:
    """One scenario: where a run starts from, and what to tell the visitor."""

    name: str
    config: GANConfig
    values: HyperParameters
    group: str = "more"  # a key of GROUPS
    figure: int | None = None  # of the article
    seed: int | None = None  # the one it is shown with; None: whichever is in use
    length: int = 600  # training steps it is meant for
    paces: tuple[tuple[int, int | None], ...] = ((1, 1),)  # (step, steps a frame from it on); None: full speed
    pauses: bool = False  # whether a run pauses after `length` steps, where the article's figure ends, to say so
    view: str = "losses"  # which curves to begin with
    lenses: tuple[str, ...] = ()  # to begin with

    def altered(self, config: Mapping[str, str], values: Mapping[str, float]) -> Preset:
        """The same label on another experiment: with these fields, as text, and values in the place of its own.

        `config` may name live values, too, and `optimiser` for both. Raises ValueError with a sentence for what cannot
        be.
        """
        fields, begun = parted(config)
        return replace(self, config=self.config.changed(fields), values=self.values.changed({**begun, **values}))

    @property
    def title(self) -> str:
        """What it is called; its own name, where the catalogue has nothing on it."""
        return say_or(self.name, f"preset.{self.name}.title")

    @property
    def story(self) -> str:
        """What is run, and where to look; [words](#id) leads to a control or panel, [words](preset:NAME) to another."""
        return say_or("", f"preset.{self.name}.story")

    @property
    def claim(self) -> str:
        """What the scenario is to show, in a sentence; may be empty."""
        return say_or("", f"preset.{self.name}.claim")

    @property
    def by(self) -> str:
        """Who claims it, and where; empty where GANscope does."""
        return say_or("", f"preset.{self.name}.by")

    @property
    def found(self) -> str:
        """What it came to here, over seeds; may be empty."""
        return say_or("", f"preset.{self.name}.found")

    @property
    def why(self) -> str:
        """Why it comes to this; may be empty."""
        return say_or("", f"preset.{self.name}.why")

    @property
    def attempt(self) -> str:
        """What to try against it; may be empty."""
        return say_or("", f"preset.{self.name}.attempt")


GROUPS = ("article", "shelf-lost", "shelf-cures", "shelf-latent", "shelf-games", "laboratory", "zoo", "more")
