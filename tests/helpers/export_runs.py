"""A small run of which pictures are made."""

from __future__ import annotations

from pathlib import Path

from gan_core.__main__ import main

STEPS = 30
_SMALL = ("generator=16,16:relu:tanh", "discriminator=16,16:relu", "batch=16")


def train(folder: Path) -> Path:
    """Train it by the command, which looks at each of its steps, with a change from step 12 on; returns its file."""
    small = [word for field in _SMALL for word in ("--config", field)]
    how = ["--threads", "1", "--steps", str(STEPS), "--set", "lr_g=0.002@12", "--record", "--out", str(folder)]
    assert main(["train", "quick", *small, *how], {}) == 0
    (file,) = folder.glob("*.sqlite")
    return file
