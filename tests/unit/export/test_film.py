"""Films: decoded again, and held against the pictures of the frames that the run itself kept."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import av
import numpy as np
import pytest

from gan_core.__main__ import main
from gan_core.export.asked import read_asked
from gan_core.export.film import film_format, make
from gan_core.export.palette import Palette
from gan_core.export.registry import EXPORTS, made
from gan_core.export.sheet import Sheet
from gan_core.export.still import still_of
from gan_core.export.stretch import kept
from gan_core.panels.scales import SCALES
from gan_core.recording.file.run_file import RunFile
from gan_core.records.outcomes import Cancelled

ASKED = {"steps": "4..14", "stride": "5", "width": "400", "rate": "10", "panels": "samples,discriminator"}
WAYS = [word for name, value in ASKED.items() for word in (f"--{name}", value)]


def drawn(run: RunFile, step: int, scheme: str) -> np.ndarray:
    """The picture of the frame that the run kept."""
    sheet = Sheet(still_of(run, 4, 14), ("samples", "discriminator"), scheme, film_format(2, 400), trail=True)
    whole = kept(run, step)
    places = [point for point in whole.trail if point.step % 5 == 4]  # the film goes from every fifth to the next
    sheet.show(type(whole)(whole.frame, tuple(places)))
    return sheet.pixels()[..., :3].copy()


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal to noise ratio, in dB."""
    return float(10 * np.log10(255**2 / np.square(one.astype(float) - other).mean()))


@pytest.mark.parametrize(("suffix", "scheme", "least"), [(".mp4", "light", 27), (".gif", "dark", 35)])
def test_each_frame_is_the_picture_of_its_step(
    run: RunFile, path: Path, tmp_path: Path, suffix: str, scheme: str, least: float
) -> None:
    out = tmp_path / f"film{suffix}"
    assert main(["export", str(path), "--what", "film", "--out", str(out), *WAYS, "--scheme", scheme], {}) == 0
    with av.open(str(out)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264" if suffix == ".mp4" else "gif", 10)
        frames = [as_rgb(frame) for frame in film.decode(video=0)]
        if suffix == ".mp4":
            assert stream.codec_context.pix_fmt == "yuv420p"
            assert json.loads(film.metadata["comment"])["scenario"] == "quick"
            assert out.read_bytes().find(b"moov") < out.read_bytes().find(b"mdat")  # plays while it is being loaded
    assert [frame.shape for frame in frames] == [(200, 400, 3)] * 3
    pictures = [drawn(run, step, scheme) for step in (4, 9, 14)]
    for i, frame in enumerate(frames):
        likeness = [psnr(frame, picture) for picture in pictures]
        assert likeness[i] == max(likeness)
        assert likeness[i] > least


def as_rgb(frame: av.VideoFrame) -> np.ndarray:
    matrix = None if frame.format.name != "yuv420p" else av.video.reformatter.Colorspace.ITU709
    return frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray()


def test_the_same_film_has_the_same_bytes(run: RunFile, tmp_path: Path) -> None:
    for suffix in (".mp4", ".gif"):
        films = []
        for name in ("a", "b"):
            out = tmp_path / f"{name}{suffix}"
            made(
                EXPORTS["film"], run, read_asked(suffix, {**ASKED, "steps": "4..6", "stride": 2}), out, lambda *_: None
            )
            films.append(out.read_bytes())
        assert films[0] == films[1]


def test_one_given_up_halfway_leaves_nothing(run: RunFile, tmp_path: Path) -> None:
    told: list[int] = []

    def progress(done: int, total: int) -> None:
        told.append(total - done)
        if len(told) == 6:
            raise Cancelled

    with pytest.raises(Cancelled):
        made(EXPORTS["film"], run, read_asked(".mp4", ASKED), tmp_path / "a.mp4", progress)
    assert told[-1] > 0
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_full_disk_is_said(run: RunFile, suffix: str) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        make(run, read_asked(suffix, {**ASKED, "steps": "4..6"}), Path("/dev/full"), lambda done, total: None)
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize("width", [321, 640, 1280, 1919])
@pytest.mark.parametrize("panels", [1, 2, 3, 4])
def test_sizes_are_even(width: int, panels: int) -> None:
    across, down = film_format(panels, width).pixels
    assert across in (width, width - 1)
    assert across % 2 == down % 2 == 0


def test_the_palette_has_the_colours_of_theme_and_map() -> None:
    palette = Palette("dark", (SCALES["real-fake"],))
    wanted = np.array([[(0x1B, 0x20, 0x27), (0xFF, 0x7B, 0x85)], [(0xB2, 0x18, 0x2B), (0x21, 0x66, 0xAC)]], np.uint8)
    assert np.abs(palette.colours[palette.nearest(wanted)].astype(int) - wanted).max() <= 3  # a coarse step
    noise = np.random.default_rng(1).integers(0, 256, (50, 50, 3)).astype(np.uint8)
    found = palette.colours[palette.nearest(noise)].astype(float)
    apart = np.linalg.norm(noise[:, :, None] - palette.colours.astype(float), axis=3).min(axis=2)
    assert (np.linalg.norm(noise - found, axis=2) <= apart + 2 * np.sqrt(3) * 2).all()  # half a coarse step a channel
