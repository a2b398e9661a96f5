"""One meaning for one colour, everywhere. The browser's side reads the same values from CSS variables.

Real is blue, fake is red, white is 0.5; the discriminator is violet, the generator amber. All reach 3:1 against their
ground in the theme they are for.
"""

from __future__ import annotations

# ColorBrewer's RdBu: the ends and the middle of a diverging scale that colour-blind readers can tell apart.
REAL_TO_FAKE = (
    (0.0, "#b2182b"),
    (0.25, "#ef8a62"),
    (0.5, "#ffffff"),
    (0.75, "#67a9cf"),
    (1.0, "#2166ac"),
)

LIGHT = {
    "ground": "#f6f7f9",
    "card": "#ffffff",
    "text": "#1b1f24",
    "quiet": "#57606a",
    "line": "#d5dae1",
    "grid": "#e6e9ee",
    "real": "#2166ac",
    "fake": "#c0182e",
    "d": "#7b3fb5",
    "g": "#a85f00",
    "accent": "#0b63b6",
    "warn": "#b42318",
    "mark": "#57606a",
}
DARK = {
    "ground": "#12151a",
    "card": "#1b2027",
    "text": "#e8ebef",
    "quiet": "#a3adb9",
    "line": "#39424d",
    "grid": "#2a313a",
    "real": "#6db3f2",
    "fake": "#ff7b85",
    "d": "#c79bf2",
    "g": "#f2b35c",
    "accent": "#79b8ff",
    "warn": "#ff9a8f",
    "mark": "#a3adb9",
}


def css_variables() -> str:
    """Both themes as a style sheet: --gs-NAME, following Mantine's colour scheme attribute."""
    return "\n".join(
        f"{selector} {{ " + " ".join(f"--gs-{name}: {value};" for name, value in colours.items()) + " }"
        for selector, colours in (
            (":root", LIGHT),
            (":root[data-mantine-color-scheme='dark']", DARK),
        )
    )
