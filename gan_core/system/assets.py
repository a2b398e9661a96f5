"""Where the browser's side lies: beside the package in a checkout, inside it once it is installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def assets_folder(package: Path = _PACKAGE) -> Path:
    """The folder of scripts and style sheets that belong to the package in this folder."""
    inside = package / "assets"  # put there by the wheel: see pyproject.toml
    return inside if inside.is_dir() else package.parent / "assets"
