"""Pictures of a step: what is drawn where, held against the frames that the run itself kept, and what the files are."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import recorded
import task_presets
from export_runs import STEPS
from gan_core.__main__ import main
from gan_core.export.curves_panel import _thinned
from gan_core.export.pen import Format
from gan_core.export.picture import paper_format
from gan_core.export.sheet import PANELS, Sheet
from gan_core.export.squares import Map, Samples
from gan_core.export.still import Curve, still_of
from gan_core.export.stretch import Shown, kept, shown
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import Change
from gan_core.wire.frames import read_frame
from page_oracle import EXTENT, POINT, colour, map_values


def test_steps_that_are_trained_again_are_the_frames_that_were_seen(run: RunFile) -> None:
    told: list[tuple[int, int]] = []
    steps = [3, 14, STEPS]
    found = list(shown(run, steps, cells=50, points=2000, trail=False, progress=lambda *at: told.append(at)))
    for one, step in zip(found, steps, strict=True):
        payload = run.frame(step)
        assert payload is not None
        seen = read_frame(payload, 0)
        for name in ("fakes", "latent_map", "sample_map"):
            assert np.array_equal(getattr(one.frame, name), getattr(seen, name)), (step, name)
    done, total = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert set(total) == {done[-1]}


def test_the_trail_leads_through_the_steps_before_the_first_one(run: RunFile) -> None:
    (one,) = shown(run, [20], cells=50, points=2000, trail=True)
    theirs = kept(run, 20).trail
    assert [point.step for point in one.trail] == list(range(21))
    for ours, seen in zip(one.trail[1:], theirs, strict=True):  # the command looks at trained networks alone
        assert [*ours.centre, *ours.bluest] == pytest.approx([*seen.centre, *seen.bluest], abs=1 / POINT)


def test_a_film_of_every_third_step_has_a_trail_of_every_third(run: RunFile) -> None:
    found = list(shown(run, range(7, 20, 3), cells=24, points=100, trail=True))
    assert [point.step for point in found[-1].trail] == [1, 4, 7, 10, 13, 16, 19]


def test_pixels_are_the_pages(run: RunFile) -> None:
    """The map has the documented colours, and each fake that lies alone is red in the middle, each real point blue."""
    sheet = Sheet(still_of(run, 0, STEPS), tuple(PANELS), "light", Format((1280, 720), 1.0, 96), trail=False)
    up, across = np.mgrid[0:50, 0:50] * (255 / 49)
    maps = {
        "latent_map": across.round().astype(np.uint8),
        "sample_map": ((across + 2 * up) / 3).round().astype(np.uint8),
    }
    one = Shown(replace(kept(run, STEPS).frame, **maps))
    sheet.show(one)
    picture = sheet.pixels()[..., :3].astype(float)
    samples, latent, discriminator = sheet.panels[1:]
    for panel, cells in ((latent, one.frame.latent_map), (discriminator, one.frame.sample_map)):
        assert isinstance(panel, Map)
        x, y = np.meshgrid(*[np.linspace(-0.95, 0.95, 40)] * 2)
        wanted = colour(map_values(cells, x, y))
        difference = np.abs(at(picture, panel, x, y) - wanted).max(axis=-1)
        off_the_line = np.abs(map_values(cells, x, y) - 127.5) > 12  # where the contour does not cover it
        assert off_the_line.mean() > 0.2
        assert difference[off_the_line].max() < 12  # a pixel beside it, on a slope
    assert isinstance(samples, Samples)
    fakes, reals = one.frame.fakes / POINT, still_of(run, 0, STEPS).points.reals[:2000] / POINT
    assert near(picture, samples, reals[apart(reals, fakes) > 0.04], (0x21, 0x66, 0xAC)) == 1
    assert near(picture, samples, fakes, (0xC0, 0x18, 0x2E)) == 1
    nowhere = np.random.default_rng(2).uniform(-1, 1, (500, 2))
    nowhere = nowhere[apart(nowhere, np.concatenate((reals, fakes))) > 0.06]
    assert len(nowhere) > 50
    assert (
        near(picture, samples, nowhere, (0x21, 0x66, 0xAC)) == near(picture, samples, nowhere, (0xC0, 0x18, 0x2E)) == 0
    )


def apart(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """From each point (N, 2) to the nearest of the others, along the farther axis: (N,)."""
    return np.abs(points[:, None] - others[None]).max(axis=2).min(axis=1)


def near(picture: np.ndarray, panel: Samples, points: np.ndarray, ink: tuple[int, int, int]) -> float:
    """The share of points that have this colour within a pixel."""
    pixel = 2 * EXTENT / panel.axes.get_window_extent().width
    offsets = [(a * pixel, b * pixel) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    inks = np.stack([at(picture, panel, points[:, 0] + a, points[:, 1] + b) for a, b in offsets])
    return float((np.abs(inks - ink).max(axis=2) < 60).any(axis=0).mean())


def at(picture: np.ndarray, panel: Map | Samples, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Colours at data points of a square panel."""
    box = panel.axes.get_window_extent()
    column = box.x0 + (x / EXTENT + 1) / 2 * box.width
    row = len(picture) - box.y0 - (y / EXTENT + 1) / 2 * box.height
    return picture[row.astype(int), column.astype(int)]


def test_the_marks_are_of_the_pages_size_and_colour() -> None:
    """What the page has in a script has no other place; here it is once more."""
    script = Path("assets/panels/paint.js").read_text()
    squares = Path("gan_core/export/squares.py").read_text()
    for theirs, ours in (
        ("stamp(1.5 * size, dot)", "_DOT, _CROSS = 1.5, 2.3"),
        ("stamp(2.3 * size, cross)", "_DOT, _CROSS = 1.5, 2.3"),
        ("USUAL_POINTS = 2000", "_USUAL_POINTS = 2000"),
        ('"#1d4f91"', '"#1d4f91"'),
        ('"#a3142a"', '"#a3142a"'),
    ):
        assert theirs in script
        assert ours in squares
    assert 'strokeStyle = "#333"' in Path("assets/panels/maps.js").read_text()


@pytest.mark.parametrize("panels", ["metrics,samples,latent,discriminator", "latent"])
def test_a_png_is_of_the_size_on_paper_that_was_asked_for(path: Path, tmp_path: Path, panels: str) -> None:
    out = tmp_path / "a.png"
    asked = ["--millimetres", "90", "--dpi", "150", "--step", "9", "--panels", panels, "--trail", "no"]
    assert main(["export", str(path), "--what", "picture", "--out", str(out), *asked], {}) == 0
    chunks = dict(png_chunks(out.read_bytes()))
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert width == round(90 / 25.4 * 150)
    assert (width, height) == paper_format(len(panels.split(",")), 90, 150).pixels
    across, down, unit = struct.unpack(">IIB", chunks[b"pHYs"])
    assert (across, down, unit) == (round(150 / 0.0254), round(150 / 0.0254), 1)
    assert b"quick" in chunks[b"tEXt"] or b"quick" in chunks.get(b"iTXt", b"")


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kinds and contents; of one kind the last counts, of texts all together."""
    place, texts = 8, b""
    while place < len(data):
        (length,), kind = struct.unpack(">I", data[place : place + 4]), data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        texts += body if kind == b"tEXt" else b""
        yield kind, texts if kind == b"tEXt" else body
        place += 12 + length


def test_an_svg_has_text_as_text_and_a_shape_for_each_point(path: Path, tmp_path: Path) -> None:
    outs = [tmp_path / "a.svg", tmp_path / "b.svg"]
    for out in outs:
        asked = ["--step", "9", "--dpi", "100", "--trail", "no", "--scheme", "dark"]
        assert main(["export", str(path), "--what", "picture", "--out", str(out), *asked], {}) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    tree = ElementTree.parse(outs[0])
    svg = "{http://www.w3.org/2000/svg}"
    words = ["".join(text.itertext()) for text in tree.iter(f"{svg}text")]
    titles = [
        "Loss and accuracy",
        "Samples",
        "Latent map D(G(z))",
        "Sample map D(x)",
        "step 9",
        "5,000 real, 5,000 fake",
    ]
    assert set(titles) <= set(words)
    groups = {group.get("id"): group for group in tree.iter(f"{svg}g")}
    inside = sum(1 for _ in groups["reals"].iter(f"{svg}use"))
    assert inside == sum(1 for _ in groups["fakes"].iter(f"{svg}use")) == 5000
    described = json.loads("".join(tree.find(".//{http://purl.org/dc/elements/1.1/}description").itertext()))  # type: ignore[union-attr]
    assert described["changes"] == [[12, "lr_g", 0.002]]


def test_what_takes_too_much_memory_is_refused(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--millimetres", "420", "--dpi", "1200", "--step", "9"]
    with pytest.raises(SystemExit):
        main(["export", str(path), "--what", "picture", "--out", str(tmp_path / "a.png"), *asked], {})
    assert "would have 19,843 x 17,412 pixels; there may be 100 million" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_of_a_thinned_run_no_other_steps_numbers_are_told(run: RunFile) -> None:
    still = still_of(run, 0, STEPS)
    assert np.array_equal(still.row(3), run.metrics(2, 1)[0])
    thinned = replace(still, rows=(2, run.metrics()[::2]))
    assert np.array_equal(thinned.row(3), run.metrics(2, 1)[0])
    assert np.isnan([thinned.row(step) for step in (0, 4, STEPS + 1, STEPS + 2)]).all()


def test_a_name_is_shown_as_it_is_written(run: RunFile) -> None:
    still = replace(still_of(run, 0, STEPS), title="cost $5 or $_{$ more" + "e" * 200)
    sheet = Sheet(still, ("samples",), "light", Format((400, 300), 1.0, 96), trail=False)
    sheet.show(kept(run, 5))
    assert sheet.pixels().shape == (300, 400, 4)


def test_numbers_that_come_out_otherwise_are_not_drawn(tmp_path: Path) -> None:
    """The recipe says another learning rate than the one that the run was trained with."""
    preset = task_presets.preset_for("gan")
    values = {**vars(preset.values), "lr_g": 10 * preset.values.lr_g}
    path = recorded.record(tmp_path / "a.sqlite", preset, 12, values=values)
    with closing(RunFile.open(path)) as run, pytest.raises(ValueError, match="By step 6 this machine"):
        list(shown(run, [6], cells=24, points=10, trail=False))


def test_kept_frames_of_another_machine_are_shown_as_they_are(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.export.stretch.machine", lambda: "another")
    with closing(RunFile.open(path)) as run:
        monkeypatch.setattr("gan_core.export.stretch.Replay", None)  # nothing is trained
        (one,) = shown(run, [7], cells=400, points=5000, trail=True)
    assert one.frame.resolution == 50
    assert one.trail[-1].step == 7


@pytest.mark.parametrize("task", ["fit", "noise", "none", "critic"])
def test_every_task_is_drawn_by_its_own_scales(task: str, tmp_path: Path) -> None:
    preset = task_presets.preset_for("gan" if task == "critic" else task)
    if task == "critic":
        preset = preset.altered({"objective": "wasserstein", "penalty": "wgan-gp"}, {})
    path = recorded.record(tmp_path / "a.sqlite", preset, 3, [Change(2, "lr_d", preset.values.lr_d, 1e-4)])
    with closing(RunFile.open(path)) as run:
        sheet = Sheet(still_of(run, 0, 3), tuple(PANELS), "light", Format((800, 450), 1.0, 96), trail=True)
        (one,) = shown(run, [3], cells=24, points=50, trail=True)
        sheet.show(one)
        picture = sheet.pixels()
    assert picture.shape == (450, 800, 4)
    latent, discriminator = (panel.scale for panel in sheet.panels[2:] if isinstance(panel, Map))
    wanted = {"fit": ("error", "best"), "noise": ("best", "real-fake"), "none": ("along", "along-inside")}
    from gan_core.panels.scales import SCALES

    assert (latent, discriminator) == tuple(SCALES[name] for name in wanted.get(task, ("score", "score")))


def test_a_long_curve_keeps_what_it_reaches() -> None:
    values = np.random.default_rng(5).normal(size=50_000).cumsum().astype(np.float32)
    curve = _thinned(Curve(np.arange(1, 50_001, dtype=np.float32), values), (0, 50_000), 300)
    assert len(curve.steps) <= 1200
    assert (curve.values.min(), curve.values.max()) == (values.min(), values.max())
    assert np.array_equal(curve.values, values[curve.steps.astype(int) - 1])
    assert (np.diff(curve.steps) > 0).all()
