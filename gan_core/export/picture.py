"""A step's panels as a picture for paper: PNG of a stated size and fineness, or SVG, in which text is text, points and
curves are drawn, and only the maps are made of pixels.

Width in millimetres by dots an inch; the height follows from the panels. Letters and lines go with the width, so that
two panels beside each other at 180 mm have letters of 2.5 mm.
"""

from __future__ import annotations

import json
from pathlib import Path

from gan_core.export.about import about
from gan_core.export.asked import Asked
from gan_core.export.pen import Format
from gan_core.export.registry import Progress, step_of
from gan_core.export.sheet import Sheet, grid
from gan_core.export.still import still_of
from gan_core.export.stretch import shown
from gan_core.looking.probe import POINTS, SHARP_RESOLUTION
from gan_core.recording.file.run_file import RunFile
from gan_core.texts.catalogue import say

# By columns and rows: CSS pixels across and down that leave as little of the picture empty as its panels let it.
_SIZES = {(1, 1): (420, 386), (2, 1): (800, 366), (2, 2): (800, 702)}
_INCH = 25.4  # millimetres
_MOST_PIXELS = 100_000_000  # which take half a gigabyte while they are drawn


def make(run: RunFile, asked: Asked, out: Path, progress: Progress) -> None:
    """Write the picture of the step that is asked for. See `gan_core.export.registry`."""
    step = step_of(run, asked)
    paper = paper_format(len(asked.panels), asked.millimetres, asked.dpi)
    across, down = paper.pixels
    if across * down > _MOST_PIXELS:
        raise ValueError(say("export.too-large", across=across, down=down, most=_MOST_PIXELS / 1e6))
    sheet = Sheet(still_of(run, 0, step), asked.panels, asked.scheme, paper, trail=asked.trail)
    for one in shown(run, [step], cells=SHARP_RESOLUTION, points=POINTS, trail=asked.trail, progress=progress):
        sheet.show(one)
    sheet.save(out, asked.suffix, {"Title": sheet.title, "Description": json.dumps(about(run))})


def paper_format(panels: int, millimetres: int, dpi: int) -> Format:
    """The size of a picture of so many panels."""
    width, height = _SIZES[grid(panels)]
    scale = millimetres / _INCH * dpi / width
    return Format((round(width * scale), round(height * scale)), scale, dpi)
