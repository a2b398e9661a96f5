"""No flashing (WCAG 2.3.1), and less motion for whoever asks for it: told from the pixels that the page paints."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dashboard_page import DashboardPage
from gan_core.looking.probe import LIVE_POINTS, Probe
from gan_core.records.frames import Moment
from gan_core.setup.presets import PRESETS
from gan_core.training.engine import GANEngine
from page_oracle import colour, map_values, pixel_data

pytestmark = pytest.mark.sharp

Film = list[npt.NDArray[np.uint8]]  # maps, from one frame to the next, of any number of cells

SECOND = 1000.0
SIDE = 30  # pixels that are read of a panel, each way
SEEN = pixel_data(SIDE)[np.abs(pixel_data(SIDE)) < 0.97]  # where they are, along one side of the map
ALLOWED = 3  # changes between red and blue, and pairs of changes between light and dark, in any second
MUCH = 0.25  # of a map that changes more often: it flashes
LITTLE = 0.1  # what WCAG lets flash, in the largest panels

# Paints the maps of a film at given times, as live frames are while training goes on, or as frames at rest are. Returns
# the pixels of the sample map after each, as base64, and leaves the last badge.
PLAY = """([film, every, start, live]) => {
    const { state, paint, layers, scales } = dash_clientside;
    const status = state.status;
    const scale = scales.of("real-fake");
    const { contour } = scale;
    scale.contour = false; // a line of a pixel or two is never faded, and is not what flashes
    state.status = { ...status, phase: live ? "training" : "paused" };
    const small = new OffscreenCanvas(SIDE, SIDE);
    const context = small.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const pixels = film.map((text, i) => {
        const map = bytes(text);
        const frame = { ...state.shown, resolution: Math.sqrt(map.length), sample_map: map, latent_map: map };
        paint.draw(frame, start + i * every);
        context.clearRect(0, 0, SIDE, SIDE);
        context.drawImage(layers.all.discriminator.paint, 0, 0, SIDE, SIDE);
        return btoa(String.fromCharCode(...context.getImageData(0, 0, SIDE, SIDE).data));
    });
    state.status = status;
    scale.contour = contour;
    window.badge = document.getElementById("discriminator-panel-badge").textContent;
    return pixels;
}""".replace("SIDE", str(SIDE))


def _play(
    dashboard: DashboardPage, film: Film, *, rate: float = 20, start: float = 0, live: bool = True
) -> npt.NDArray[np.float64]:
    """Paint a film, at so many frames a second by the times given to the page: what was seen, (frames, places, RGB)."""
    maps = [base64.b64encode(cells.tobytes()).decode() for cells in film]
    texts = dashboard.page.evaluate(PLAY, [maps, SECOND / rate, start, live])
    seen = np.stack([np.frombuffer(base64.b64decode(text), np.uint8) for text in texts])
    inside = np.isin(pixel_data(SIDE), SEEN)
    return seen.reshape(len(film), SIDE, SIDE, 4)[:, inside][:, :, inside, :3].reshape(len(film), -1, 3).astype(float)


def _luminance(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """WCAG's relative luminance of sRGB, 0..1."""
    c = pixels / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ (0.2126, 0.7152, 0.0722))


def _changes(values: npt.NDArray[np.float64], least: float, dark: float = np.inf) -> npt.NDArray[np.bool_]:
    """At which of T frames each of N values has gone back by `least` since its last extreme, (T, N).

    Between two values that are both light, not below `dark`, nothing counts.
    """
    changed = np.zeros(values.shape, bool)
    for n, line in enumerate(values.T):
        low, high, way = line[0], line[0], 0
        for t, value in enumerate(line):
            down = way >= 0 and high - value >= least and value < dark
            up = way <= 0 and value - low >= least and low < dark
            if down or up:
                changed[t, n], way, low, high = True, -1 if down else 1, value, value
            low, high = min(low, value), max(high, value)
    return changed


def _most_area(changed: npt.NDArray[np.bool_], allowed: int, rate: float) -> float:
    """The largest share of all places that changes more often than allowed within one and the same second."""
    sums = np.cumsum(np.concatenate((np.zeros((1, changed.shape[1]), int), changed)), axis=0)
    second = round(rate)
    return float(max((sums[t + second] - sums[t] > allowed).mean() for t in range(len(changed) - second + 1)))


def _flashing_area(seen: npt.NDArray[np.float64], rate: float) -> float:
    """The share of a map that flashes: between red and blue, or between light and dark."""
    red_blue = _changes(seen[..., 0] - seen[..., 2], least=130)  # from red to blue it is 274, to white half of that
    lightness = _changes(_luminance(seen), least=0.1, dark=0.8)
    return max(_most_area(red_blue, ALLOWED, rate), _most_area(lightness, 2 * ALLOWED, rate))


def _hopping(stride: int, frames: int) -> Film:
    """What D says of sample space and of latent space, in turn, every so many steps of `zoo-hopping`."""
    engine = GANEngine(PRESETS["zoo-hopping"], 0, device="cpu", threads=1, precision="float32")
    look = Probe(engine.config, engine.compute.device).look
    film = []
    for frame in range(frames):
        for _ in range(stride):
            engine.step()
        moment = Moment(0, frame * stride, 0.0)
        film.append(look(engine.generator, engine.discriminator, moment, resolution=24, points=LIVE_POINTS).latent_map)
    return film


def _half(left: int, right: int) -> npt.NDArray[np.uint8]:
    """A map of two halves."""
    return np.repeat([np.repeat((left, right), 20)], 40, axis=0).astype(np.uint8)


def test_maps_fade_where_they_would_flash(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    dashboard.open()
    dashboard.sharp()
    random = np.random.default_rng(3)
    coin = random.integers(0, 2, (60, 8, 8))
    films: dict[str, Film] = {
        "blink": [np.full((24 if t % 3 else 50,) * 2, 255 * (t % 2), np.uint8) for t in range(60)],
        "bleach": [np.full((24, 24), 0 if t % 2 else 128, np.uint8) for t in range(60)],
        "coins": [np.kron(sides, np.full((5, 5), 255)).astype(np.uint8) for sides in coin],
        "hopping": _hopping(stride=10, frames=60),
    }
    start = 0.0
    for name, film in films.items():
        for rate in (20, 60) if name == "blink" else (20,):
            bare = _flashing_area(_play(dashboard, film, rate=rate, start=start, live=False), rate)
            assert bare > MUCH, f"{name} would flash"
            start += 100 * SECOND
            assert _flashing_area(_play(dashboard, film, rate=rate, start=start), rate) <= LITTLE, f"{name} flashes"
            start += 100 * SECOND

    # What does not flash is painted as it is.
    slow = [_half(255 * (t > 30), 40) for t in range(60)]
    live = _play(dashboard, slow, start=start + 100 * SECOND)
    np.testing.assert_array_equal(live, _play(dashboard, slow, start=start + 200 * SECOND, live=False))
    assert "fading" not in dashboard.page.evaluate("badge")

    # One half flashes, and fades; at rest it is exact at once.
    film = [_half(255 * (t % 2), 60) for t in range(60)]
    seen = _play(dashboard, film, start=start + 300 * SECOND)
    assert "fading" in dashboard.page.evaluate("badge")
    exact = _play(dashboard, film[-1:], start=start + 303 * SECOND, live=False)[-1]
    assert "fading" not in dashboard.page.evaluate("badge")
    x = np.tile(SEEN, len(SEEN))
    wanted = colour(map_values(film[-1], x, np.zeros_like(x)))
    assert np.abs(exact - wanted)[np.abs(x) > 0.2].max() <= 2
    assert np.abs(seen[-1] - wanted)[x > 0.2].max() <= 3
    assert np.abs(seen[-1] - wanted)[x < -0.2].max(axis=1).min() > 60


def test_less_motion_means_two_pictures_a_second(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(*[10] * 6)
    page = dashboard.open().page
    page.emulate_media(reduced_motion="reduce")
    dashboard.sharp()
    page.evaluate(
        """() => {
            window.pictures = [];
            dash_clientside.state.on("drawn", ({ step }) => {
                if (dash_clientside.state.status.phase !== "training") return; // not known to move by itself yet
                if (!pictures.length || pictures.at(-1)[0] !== step) pictures.push([step, performance.now()]);
            });
        }"""
    )
    server.command("play")
    dashboard.until("window.pictures.length > 8")
    pictures: list[Any] = page.evaluate("pictures")
    server.command("pause")
    steps, times = np.array(pictures).T
    # Apart from when it begins; on average, because one that a busy machine painted late is soon followed by the next.
    assert np.diff(times)[1:].mean() > 400
    assert (np.diff(steps) > 0).all()

    # Moved by hand, each is there at once: the next picture is that of the step, and no time passes.
    dashboard.catch_up()
    dashboard.without_reruns()
    for step in (20, 50, 30):
        dashboard.go_to(step)
        dashboard.expect_step(step)
    waited = page.evaluate(
        """() => {
            const { state, timeline } = dash_clientside;
            const shown = [];
            for (const step of [20, 30, 50]) {
                timeline.goToStep(step);
                shown.push(state.shown.step);
            }
            return shown;
        }"""
    )
    assert waited == [20, 30, 50]
