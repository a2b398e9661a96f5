"""What the panels draw: in the right place, in the documented colours, and true to the server's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import BrowserContext, expect

from dashboard_page import DESKTOP, PANELS, PHONE, SQUARE, Area, DashboardPage, Watch
from gan_core.panels.theme import DARK, LIGHT
from live_server import LiveServer
from page_oracle import EXTENT, POINT, colour, in_pixels, lonely, map_values, pixel_data
from test_access import in_every_look

THEMES = {"light": LIGHT, "dark": DARK}
HALF_A_PIXEL = 0.5
COLUMNS = ("D loss", "D accuracy", "G loss", "G accuracy")


def _rgb(text: str) -> tuple[int, ...]:
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


# -- where the layers lie ----------------------------------------------------------------------------------------------


def _box(dashboard: DashboardPage, selector: str) -> Area:
    box = dashboard.page.locator(selector).bounding_box()
    assert box is not None
    return Area(box["x"], box["y"], box["width"], box["height"])


def _rendered_square(dashboard: DashboardPage, name: str) -> Area:
    """Where the ticks of -1 and 1 are on the screen."""
    edges = dashboard.page.evaluate(
        """(name) => {
            const plot = document.querySelector(`#${name}-panel .js-plotly-plot`);
            const boxes = (kind) =>
                [...plot.querySelectorAll(`path.${kind}`)].map((tick) => tick.getBoundingClientRect());
            const x = boxes("xtick").map((box) => box.left + box.width / 2);
            const y = boxes("ytick").map((box) => box.top + box.height / 2);
            return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y), x.length, y.length];
        }""",
        name,
    )
    left, top, right, bottom, xs, ys = edges
    assert (xs, ys) == (5, 5), "ticks at -1, -0.5, 0, 0.5 and 1"
    return Area(left, top, right - left, bottom - top)


def _square_of(layer: Area) -> Area:
    """The part of a square panel's layer that is [-1, 1]^2."""
    (left, top), (right, bottom) = layer.pixel(-1, 1), layer.pixel(1, -1)
    return Area(left, top, right - left, bottom - top)


def _expect_layers_on_their_axes(dashboard: DashboardPage) -> None:
    dashboard.settled()
    dashboard.eventually(lambda: _compare_layers_with_their_axes(dashboard))


def _compare_layers_with_their_axes(dashboard: DashboardPage) -> None:
    ratio = min(2, dashboard.page.evaluate("devicePixelRatio"))
    for name in PANELS:
        layer = _box(dashboard, f"#{name}-panel .layer")
        assert layer.apart(dashboard.area(name)) <= HALF_A_PIXEL, f"{name}: Plotly's axes"
        assert layer.apart(_box(dashboard, f"#{name}-panel .bglayer rect.bg")) <= HALF_A_PIXEL, (
            f"{name}: the drawn plot area"
        )
        for which in ("paint", "marks"):
            selector = f"#{name}-panel canvas.{which}"
            assert layer.apart(_box(dashboard, selector)) <= HALF_A_PIXEL, f"{name}: its {which}"
            size = dashboard.page.locator(selector).evaluate("(canvas) => [canvas.width, canvas.height]")
            assert size == pytest.approx([layer.width * ratio, layer.height * ratio], abs=HALF_A_PIXEL)
    for name in SQUARE:
        square = _square_of(_box(dashboard, f"#{name}-panel .layer"))
        assert _rendered_square(dashboard, name).apart(square) <= HALF_A_PIXEL
        layer = dashboard.area(name)
        assert layer.width == pytest.approx(layer.height, abs=HALF_A_PIXEL), "equal axes"


def _expect_nothing_sticks_out(dashboard: DashboardPage) -> None:
    wide, room = dashboard.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room, "the page scrolls sideways"
    for name in PANELS:
        box = _box(dashboard, f"#{name}-panel")
        assert box.left >= 0
        assert box.left + box.width <= room + HALF_A_PIXEL, name


def test_layers_lie_on_the_axes(dashboard: DashboardPage) -> None:
    dashboard.server.train(5)
    dashboard.open(size=PHONE, scheme="dark")
    for size, scheme in in_every_look(dashboard):
        _expect_layers_on_their_axes(dashboard)
        _expect_nothing_sticks_out(dashboard)
        if size == DESKTOP:
            footer = _box(dashboard, ".footer")
            assert footer.top + footer.height <= size[1] + HALF_A_PIXEL
            for name in PANELS:
                box = _box(dashboard, f"#{name}-panel")
                assert box.top + box.height <= footer.top, f"{name} does not fit on the first screen"
        _expect_texts_in(dashboard, scheme)


def _expect_texts_in(dashboard: DashboardPage, scheme: str) -> None:
    expected = f"rgb{_rgb(THEMES[scheme]['text'])}"
    for name in PANELS:
        texts = dashboard.panel(name).locator(".xtick text, .ytick text, .g-xtitle text, .colorbar text")
        expect(texts.first).to_have_css("fill", expected)
        colours = texts.evaluate_all("(all) => all.map((text) => getComputedStyle(text).fill)")
        assert len(colours) >= 9
        assert set(colours) == {expected}, f"text of {name}"


@pytest.mark.sharp
def test_layers_follow_every_resize(dashboard: DashboardPage) -> None:
    dashboard.server.train(5)
    page = dashboard.open().page
    for width, height in (
        (1920, 1080),
        (1180, 800),
        (1181, 700),
        (800, 1024),
        (760, 1024),
        (390, 844),
        (320, 640),
        DESKTOP,
    ):
        page.set_viewport_size({"width": width, "height": height})
        _expect_layers_on_their_axes(dashboard)
        _expect_nothing_sticks_out(dashboard)
    # What is painted after all that is the newest frame, not what a cleared canvas held.
    dashboard.until("s.shown.resolution === 400")
    _expect_map(dashboard, "discriminator", dashboard.sharp().arrays["sample_map"])


@pytest.mark.sharp
def test_a_screen_with_twice_the_pixels(
    new_context: Callable[..., BrowserContext], server: LiveServer, watch: Watch
) -> None:
    server.train(40)
    page = new_context(device_scale_factor=2).new_page()
    watch.attach(page)
    dashboard = DashboardPage(page, server, watch).open()
    _expect_layers_on_their_axes(dashboard)
    _expect_map(dashboard, "latent", dashboard.sharp().arrays["latent_map"])


# -- maps --------------------------------------------------------------------------------------------------------------


def _near_the_contour(cells: npt.NDArray[Any], x: Any, y: Any, margin: float) -> npt.NDArray[np.bool_]:
    """Whether a pixel is within `margin` of a square between four cell centres that the contour at 0.5 crosses."""
    blue = cells > 127.5
    corners = np.stack((blue[:-1, :-1], blue[:-1, 1:], blue[1:, :-1], blue[1:, 1:]))
    crossed = np.pad(corners.any(axis=0) & ~corners.all(axis=0), 1)
    count = len(cells)
    near = np.zeros(np.broadcast(x, y).shape, bool)
    offsets = np.linspace(-margin, margin, 2 * int(np.ceil(margin * count)) + 1)  # at least two to a cell
    for dx in offsets:
        for dy in offsets:
            column = np.clip(np.floor((x + dx + 1) / 2 * count - 0.5).astype(int) + 1, 0, count)
            row = np.clip(np.floor((y + dy + 1) / 2 * count - 0.5).astype(int) + 1, 0, count)
            near |= crossed[row, column]
    return near


def _expect_map(dashboard: DashboardPage, name: str, cells: npt.NDArray[Any]) -> None:
    dashboard.eventually(lambda: _compare_map(dashboard, name, cells))


def _compare_map(dashboard: DashboardPage, name: str, cells: npt.NDArray[Any]) -> None:
    """Every pixel of the square away from the contour has the documented colour of the value at its centre.

    The margin around the square is empty.
    """
    painted = dashboard.canvas(name)
    height, width = painted.shape[:2]
    x, y = np.meshgrid(pixel_data(width), -pixel_data(height))
    out, two_pixels = np.maximum(np.abs(x), np.abs(y)), 2 * 2 * EXTENT / min(width, height)
    inside = out <= 1
    expected = colour(map_values(cells, x, y))
    clear = inside & ~_near_the_contour(cells, x, y, margin=two_pixels)
    assert clear.mean() > 0.3, "too little to compare"
    # Half a level of 255 is 1.2 levels of a colour at the scale's steepest part, and colours are whole numbers.
    assert np.abs(painted[clear][:, :3] - expected[clear]).max() <= 1.2 + 0.5 + 0.1
    assert (painted[inside][:, 3] == 255).all()
    assert (painted[out > 1 + two_pixels][:, 3] == 0).all(), "only the contour is wide enough to reach over the edge"

    # The same on the screen, where the layer may begin between two pixels.
    area = _square_of(dashboard.area(name))
    seen = dashboard.screenshot(Area(area.left + 2, area.top + 2, area.width - 4, area.height - 4)).astype(float)
    height, width = seen.shape[:2]
    inner = 1 - 4 / area.width
    x, y = np.meshgrid(*(pixel_data(count) / EXTENT * inner for count in (width, height)))
    y = -y
    clear = ~_near_the_contour(cells, x, y, margin=4 * 2 / area.width)
    off = np.abs(seen[..., :3] - colour(map_values(cells, x, y)))[clear]
    assert np.median(off) < 4
    assert np.quantile(off, 0.95) < 20


@pytest.mark.sharp
def test_maps_have_the_documented_colours(dashboard: DashboardPage) -> None:
    # Enough training for both maps to have red and blue parts.
    server = dashboard.server
    server.train(100, 60)
    dashboard.open()
    sharp = dashboard.sharp()
    assert sharp.step == 160
    for name, array in (("latent", "latent_map"), ("discriminator", "sample_map")):
        expect(dashboard.badge(name)).to_have_text("step 160 · 400 × 400")
        _expect_map(dashboard, name, sharp.arrays[array])

    # A kept frame is as coarse as it was live.
    dashboard.without_reruns().go_to(100)
    dashboard.expect_step(100)
    kept = server.frame(100)
    assert kept.resolution < 400
    for name, array in (("latent", "latent_map"), ("discriminator", "sample_map")):
        expect(dashboard.badge(name)).to_have_text(f"past · step 100 · {kept.resolution} × {kept.resolution}")
        _expect_map(dashboard, name, kept.arrays[array])


# -- points ------------------------------------------------------------------------------------------------------------


def _at(painted: npt.NDArray[np.uint8], data: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The pixels at these places."""
    height, width = painted.shape[:2]
    columns, rows = in_pixels(data, width, height)
    return painted[rows.astype(int), columns.astype(int)]


def test_samples_and_trail(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(*[10] * 8)
    page = dashboard.open(scheme="dark").page
    dashboard.without_reruns().go_to(70)
    dashboard.expect_step(70)
    frame, reals = server.frame(70), server.points().arrays["reals"]
    fakes = frame.arrays["fakes"]
    reals = reals[: len(fakes)]
    expect(dashboard.badge("samples")).to_have_text(f"past · step 70 · {len(fakes):,} real, {len(fakes):,} fake")
    switch = page.get_by_role("switch", name="Trail of the last 100 steps")
    trail = frame.arrays["trail"] / POINT
    assert frame.arrays["trail_steps"].tolist() == list(range(0, 71, 10))
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        dashboard.settled()
        painted = dashboard.canvas("samples")
        for points, others, kind in ((reals, fakes, "real"), (fakes, reals, "fake")):
            alone = lonely(points, others, clearance=4.5 * 2 * EXTENT / painted.shape[1])
            assert len(alone) > 3, kind
            pixels = _at(painted, alone)
            assert (pixels[:, :3] == _rgb(THEMES[scheme][kind])).all(), kind
            assert (pixels[:, 3] > 200).all(), kind
        assert (painted[..., 3] == 0).mean() > 0.3, "between the points Plotly's grid is to be seen"

        switch.press("Space")
        expect(dashboard.badge("samples")).to_contain_text(f"trail of {len(trail)} frames")
        dashboard.next_frame()
        for name in ("samples", "discriminator"):
            painted = dashboard.canvas(name)
            radius = 5 * 2 * EXTENT / painted.shape[1]
            angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
            circle = trail[-1, :2] + radius * np.stack((np.cos(angles), np.sin(angles)), axis=1)
            red = _at(painted, circle).astype(int)
            close = np.abs(red[:, :3] - _rgb("#a3142a")).max(axis=1) < 70
            assert close.mean() > 0.6, "a circle around the centre of the fakes"
        switch.press("Space")
        expect(dashboard.badge("samples")).not_to_contain_text("trail")
    # Where the trail says that the fakes are is their mean.
    np.testing.assert_allclose(trail[-1, :2], (fakes / POINT).mean(axis=0), atol=2e-4)


# -- curves ------------------------------------------------------------------------------------------------------------


def _traces(dashboard: DashboardPage) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    drawn = dashboard.page.evaluate(
        """document.querySelector("#metrics-panel .js-plotly-plot")._fullData.map(
            (trace) => [trace.name, Array.from(trace.x), Array.from(trace.y)])"""
    )
    return {name: (np.array(x), np.array(y)) for name, x, y in drawn}


def test_curves_are_the_servers_metrics(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(40)
    dashboard.open()
    last = """document.querySelector("#metrics-panel .js-plotly-plot")._fullData[0].x.at(-1) === argument"""
    dashboard.until(last, 40)
    metrics = server.metrics()
    traces = _traces(dashboard)
    assert list(traces) == list(COLUMNS)
    for column, (x, y) in enumerate(traces.values()):
        np.testing.assert_array_equal(x, np.arange(1, 41))
        np.testing.assert_array_equal(y.astype(np.float32), metrics[:, column])
    dashboard.expect_numbers(40, metrics[-1].tolist())
    expect(dashboard.badge("metrics")).to_have_text("40 steps")

    # More steps than pixels: what is drawn is part of the data, and hides no peak.
    step = server.train(1000)
    dashboard.until(last, step)
    metrics = server.metrics()
    end = dashboard.page.evaluate("document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.range[1]")
    assert step <= end <= 1.1 * step
    reach = int(np.ceil(end / dashboard.area("metrics").width)) + 1  # steps to a pixel, and one
    for column, (x, y) in enumerate(_traces(dashboard).values()):
        data, x = metrics[:, column], x.astype(int)
        assert len(x) < len(data)
        assert (np.diff(x) > 0).all()
        np.testing.assert_array_equal(y.astype(np.float32), data[x - 1])
        for row, value in enumerate(data):
            near = y[np.abs(x - 1 - row) <= reach].astype(np.float32)
            assert near.min() <= value <= near.max(), f"step {row + 1} of {COLUMNS[column]} sticks out"


def test_curves_that_grow_are_drawn_as_plotly_draws_them(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    page = dashboard.open().page
    plot = "document.querySelector('#metrics-panel .js-plotly-plot')"
    drawn = "[...document.querySelectorAll('#metrics-panel .js-line')].map((line) => line.getAttribute('d'))"

    def grow() -> list[str]:
        dashboard.until(f"{plot}._fullData[0].x.at(-1) === argument", dashboard.server.train(10))
        return list(page.evaluate(drawn))

    def drawn_anew() -> list[str]:
        page.evaluate("dash_clientside.curves.redraw(true)")
        return list(page.evaluate(drawn))

    grow()
    page.evaluate("""() => {
        const { react } = Plotly;
        window.drawings = 0;
        Plotly.react = (...all) => (drawings++, react(...all));
    }""")
    grown = grow()
    assert page.evaluate("drawings") == 0, "axes and words stay as they are"
    assert grown == drawn_anew()
    assert page.evaluate("drawings") == 1
    # What makes Plotly draw by itself takes nothing away.
    grown = grow()
    page.evaluate(f"Plotly.relayout({plot}, {{ 'xaxis.ticklen': 4 }})")
    assert page.evaluate(drawn) == grown
    page.set_viewport_size({"width": 1200, "height": 760})
    dashboard.settled()
    resized = page.evaluate(drawn)
    assert resized != grown
    assert resized == drawn_anew()


# -- theme -------------------------------------------------------------------------------------------------------------


def _expect_theme(dashboard: DashboardPage, scheme: str) -> None:
    theme, page = THEMES[scheme], dashboard.page
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
    expect(page.locator("body")).to_have_css("background-color", f"rgb{_rgb(theme['ground'])}")
    expect(page.locator("#status-now")).to_have_css("color", f"rgb{_rgb(theme['text'])}")
    for name in PANELS:
        for selector in (".xtick text", ".g-xtitle text", ".g-ytitle text", ".colorbar text"):
            text = dashboard.panel(name).locator(selector)
            if text.count():
                expect(text.first).to_have_css("fill", f"rgb{_rgb(theme['text'])}")
    curve = page.locator("#metrics-panel .scatterlayer .js-line").first
    expect(curve).to_have_css("stroke", f"rgb{_rgb(theme['d'])}")
    dashboard.eventually(lambda: _compare_fakes_with(dashboard, theme["fake"]))


def _compare_fakes_with(dashboard: DashboardPage, red: str) -> None:
    """The fakes are painted in the theme's red."""
    painted = dashboard.canvas("samples")
    pixels = painted[painted[..., 3] > 200][:, :3]
    assert (pixels == _rgb(red)).all(axis=1).sum() > 100


@pytest.mark.sharp
def test_theme_follows_the_system_until_it_is_chosen(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    page = dashboard.open(scheme="light").page
    dashboard.sharp()
    _expect_theme(dashboard, "light")
    page.emulate_media(color_scheme="dark")
    _expect_theme(dashboard, "dark")

    toggle = page.get_by_role("button", name="Switch between light and dark")
    toggle.click()
    _expect_theme(dashboard, "light")
    page.reload()
    dashboard.catch_up()
    _expect_theme(dashboard, "light")
    toggle.click()
    _expect_theme(dashboard, "dark")
    page.emulate_media(color_scheme="light")
    page.reload()
    dashboard.catch_up()
    _expect_theme(dashboard, "dark")


@pytest.mark.sharp
def test_what_is_drawn_comes_back_when_dash_draws_its_figure_late(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    page = dashboard.open(scheme="dark").page
    dashboard.sharp()
    _expect_theme(dashboard, "dark")
    for name in PANELS:
        page.evaluate(
            """(panel) => {
                const plot = document.querySelector(`#${panel}-panel .js-plotly-plot`);
                const none = panel === "metrics" ? { x: [], y: [] } : {};
                const traces = plot.data.slice(0, 4).map((trace) => ({ ...trace, ...none }));
                Plotly.react(plot, traces, { ...plot.layout, font: { ...plot.layout.font, color: "#123456" } });
            }""",
            name,
        )
    _expect_theme(dashboard, "dark")
