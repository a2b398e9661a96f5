"""A stretch of steps as a film: MP4 (H.264, as every browser plays it), or GIF with one palette for all of it.

Every frame is of an exact step, drawn as in a picture. The same run and choices give the same file, to the byte, on one
machine.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_core.export.about import about
from gan_core.export.asked import Asked
from gan_core.export.palette import Palette
from gan_core.export.pen import Format
from gan_core.export.registry import Progress, steps_of
from gan_core.export.sheet import Sheet, grid
from gan_core.export.still import still_of
from gan_core.export.stretch import shown
from gan_core.looking.probe import AT_REST, LIVE_LEVELS
from gan_core.recording.file.run_file import RunFile
from gan_core.records.arrays import Uint8Array

_CELL = 8  # pixels across a cell of a map at most, or the maps are made finer
# By columns and rows: height as a share of the width, and the fewest and the most CSS pixels across.
_SHAPES = {(1, 1): (15 / 16, 480, 640), (2, 1): (1 / 2, 800, 1280), (2, 2): (9 / 16, 800, 1280)}
_BT709 = 1  # of H.264: primaries, transfer and matrix
_STUDIO = 1  # and brightness from 16 to 235

Put = Callable[[Uint8Array], None]


def make(run: RunFile, asked: Asked, out: Path, progress: Progress) -> None:
    """Write the film of the steps that are asked for. See `gan_core.export.registry`."""
    import av

    first, last = steps_of(run, asked)
    size = film_format(len(asked.panels), asked.width)
    sheet = Sheet(still_of(run, first, last), asked.panels, asked.scheme, size, trail=asked.trail)
    told = {"title": sheet.title, "comment": json.dumps(about(run))}
    cells = AT_REST.resolution if sheet.map_side <= _CELL * AT_REST.resolution else LIVE_LEVELS[-1].resolution
    steps = range(first, last + 1, asked.stride)
    try:
        with _WRITERS[asked.suffix](out, sheet, asked.rate, told) as put:
            for one in shown(run, steps, cells=cells, points=AT_REST.points, trail=asked.trail, progress=progress):
                sheet.show(one)
                put(sheet.pixels())
    except av.FFmpegError as error:
        number = error.errno or errno.EIO
        raise OSError(number, os.strerror(number), str(out)) from None


def film_format(panels: int, width: int) -> Format:
    """The size of a film of so many panels: even numbers of pixels, as H.264 wants them."""
    share, least, most = _SHAPES[grid(panels)]
    across = width // 2 * 2
    scale = across / min(max(width, least), most)
    return Format((across, round(across * share / 2) * 2), scale, 96)


@contextmanager
def _mp4(out: Path, sheet: Sheet, rate: int, told: dict[str, str]) -> Iterator[Put]:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    options = {"movflags": "faststart"}  # plays while it is still being loaded
    with av.open(str(out), "w", format="mp4", options=options) as container:
        container.metadata.update(told)
        stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height = sheet.format.pixels
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.thread_count = 1  # with more of them other bytes
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _STUDIO

        def put(pixels: Uint8Array) -> None:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            container.mux(stream.encode(frame))

        yield put
        container.mux(stream.encode())


@contextmanager
def _gif(out: Path, sheet: Sheet, rate: int, told: dict[str, str]) -> Iterator[Put]:
    import av

    palette = Palette(sheet.scheme, sheet.scales)
    with av.open(str(out), "w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=rate)
        stream.width, stream.height = sheet.format.pixels
        stream.pix_fmt = "pal8"

        def put(pixels: Uint8Array) -> None:
            indexed: Any = palette.nearest(pixels), palette.argb
            frame = av.VideoFrame.from_ndarray(indexed, format="pal8")
            container.mux(stream.encode(frame))

        yield put
        container.mux(stream.encode())


_WRITERS: dict[str, Any] = {".mp4": _mp4, ".gif": _gif}
