"""The linked cursors: what each panel says and shows while another one is pointed at, against a NumPy oracle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import expect

from dashboard_page import PANELS, SQUARE, DashboardPage
from live_server import Envelope
from page_oracle import (
    POINT,
    crowded_place,
    distances,
    empty_place,
    image_of,
    in_pixels,
    map_value,
    nearest_kept,
)

pytestmark = pytest.mark.sharp

RADIUS = 0.05  # in sample space, as documented
HUNDREDTH = 0.005 + 1e-9  # error of a number that is shown with two decimals
THOUSANDTH = 0.0005 + 1e-9
PIXEL = 0.75  # the browser may round where it puts a cursor


def _numbers(line: str) -> list[float]:
    """The numbers after the equals sign, the approximate one, or in a sentence."""
    words = line.replace("(", " ").replace(")", " ").replace(", ", " ").split()
    found = []
    for word in words:
        try:
            found.append(float(word.replace(",", "")))
        except ValueError:
            continue
    return found


def _expect_cursor(dashboard: DashboardPage, name: str, x: float, y: float, tolerance: float = 1e-6) -> None:
    """A panel's cursor stands at this place, by its attributes and on the screen."""

    def check() -> None:
        assert dashboard.cursor_data(name) == pytest.approx((x, y), abs=tolerance)
        assert dashboard.cursor_pixel(name) == pytest.approx(dashboard.area(name).pixel(x, y), abs=PIXEL)

    expect(dashboard.cursor(name)).to_be_visible()
    dashboard.eventually(check)


def _expect_no_cursors(dashboard: DashboardPage, names: tuple[str, ...] = PANELS) -> None:
    for name in names:
        expect(dashboard.cursor(name)).to_be_hidden()
        assert dashboard.cursor(name).get_attribute("data-x") is None


def _expect_circles(dashboard: DashboardPage, name: str, places: npt.NDArray[np.float64], radius: float) -> None:
    """Circles around these data points, and nothing else, are drawn over a panel."""
    drawn = dashboard.canvas(name, "marks")[..., 3] > 100
    height, width = drawn.shape
    columns, rows = in_pixels(places, width, height)
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    for column, row in zip(columns, rows, strict=True):
        x, y = (column + radius * np.cos(angles)).astype(int), (row + radius * np.sin(angles)).astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        assert drawn[y[inside], x[inside]].mean() > 0.9, f"{name}: a circle is missing"
    ys, xs = np.nonzero(drawn)
    if len(ys):
        gaps = np.hypot(xs[:, None] + 0.5 - columns, ys[:, None] + 0.5 - rows).min(axis=1)
        assert gaps.max() <= radius + 2.5, f"{name}: something else is marked"


def _latents(dashboard: DashboardPage, frame: Envelope) -> npt.NDArray[np.float64]:
    return dashboard.server.points().arrays["latents"][: len(frame.arrays["fakes"])] / POINT


def _expect_cell(words: str, cells: int, x: float, y: float) -> None:
    """The words name the centre of the cell that (x, y) lie in: it is at most half a cell away."""
    assert words.startswith("in the cell around (")
    centre = np.array(_numbers(words))
    assert np.abs(centre - (x, y)).max() <= 1 / cells + HUNDREDTH
    assert np.abs((centre + 1) * cells / 2 % 1 - 0.5).max() <= HUNDREDTH * cells / 2


def test_over_the_sample_map(dashboard: DashboardPage) -> None:
    dashboard.server.train(120)
    dashboard.open()
    frame = dashboard.sharp()
    fakes, latents = frame.arrays["fakes"], _latents(dashboard, frame)
    _expect_no_cursors(dashboard)
    for place in (crowded_place(fakes, RADIUS), (0.61, -0.27), empty_place(fakes, 2 * RADIUS), (-0.985, 0.985)):
        x, y = dashboard.point("discriminator", *place)
        for name in ("discriminator", "samples"):
            _expect_cursor(dashboard, name, x, y)
        _expect_no_cursors(dashboard, ("latent", "metrics"))

        where, score, cell = dashboard.words("discriminator")
        _expect_cell(cell, frame.resolution, x, y)
        assert where.startswith("x = (")
        assert _numbers(where) == pytest.approx([x, y], abs=HUNDREDTH)
        assert score.startswith("D(x) = ")
        assert _numbers(score)[0] == pytest.approx(map_value(frame.arrays["sample_map"], x, y), abs=HUNDREDTH)

        apart = distances(fakes, x, y)
        _expect_circles(dashboard, "samples", fakes[np.argsort(apart)[:5]] / POINT, radius=5)
        assert dashboard.words("samples")[0] == where
        assert _numbers(dashboard.words("samples")[1])[0] == pytest.approx(apart.min(), abs=THOUSANDTH)

        found = np.nonzero(apart <= RADIUS)[0]
        _expect_circles(dashboard, "latent", latents[found], radius=3)
        if len(found):
            assert dashboard.words("latent") == [f"{len(found):,} z land within 0.05"]
        else:
            nothing, nearest = dashboard.words("latent")
            assert nothing == "no z lands within 0.05"
            assert nearest.startswith("the nearest fake is ")
            assert _numbers(nearest)[0] == pytest.approx(apart.min(), abs=THOUSANDTH)
    dashboard.leave()
    _expect_no_cursors(dashboard)
    for name in SQUARE:
        expect(dashboard.notes(name)).to_be_empty()
        assert (dashboard.canvas(name, "marks") == 0).all(), "marks must go with the cursor"


def test_over_the_samples(dashboard: DashboardPage) -> None:
    dashboard.server.train(120)
    dashboard.open()
    frame = dashboard.sharp()
    fakes, latents = frame.arrays["fakes"], _latents(dashboard, frame)
    # The last one is in the margin, where nothing is known: it stands for the corner that is nearest to it.
    for place in (crowded_place(fakes, RADIUS), (0.33, 0.45), empty_place(fakes, 2 * RADIUS), (1.06, -1.04)):
        x, y = dashboard.point("samples", *place)
        assert max(abs(x), abs(y)) <= 1
        for name in ("samples", "discriminator"):
            _expect_cursor(dashboard, name, x, y)
        apart = distances(fakes, x, y)
        nearest = int(apart.argmin())
        _expect_cursor(dashboard, "latent", *latents[nearest])
        _expect_circles(dashboard, "samples", fakes[[nearest]] / POINT, radius=5)
        assert _numbers(dashboard.words("samples")[1])[0] == pytest.approx(apart.min(), abs=THOUSANDTH)
        assert dashboard.words("latent")[0] == "nearest fake comes from"
        assert _numbers(dashboard.words("latent")[1]) == pytest.approx(list(latents[nearest]), abs=HUNDREDTH)
        score, cell = dashboard.words("discriminator")
        _expect_cell(cell, frame.resolution, x, y)
        assert _numbers(score)[0] == pytest.approx(map_value(frame.arrays["sample_map"], x, y), abs=HUNDREDTH)
    dashboard.leave()
    _expect_no_cursors(dashboard)


def test_over_the_latent_map(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(100, 20)
    page = dashboard.open().page
    for frame in (dashboard.sharp(), server.frame(100)):
        if frame.step == 100:
            dashboard.without_reruns().go_to(100)
            dashboard.expect_step(100)
        for place in ((0.21, -0.48), (-0.97, 0.99), (0.99, -0.985)):
            u, v = dashboard.point("latent", *place)
            _expect_cursor(dashboard, "latent", u, v)
            image = image_of(frame, u, v)
            for name in ("samples", "discriminator"):
                _expect_cursor(dashboard, name, *image, tolerance=1e-5)
                assert dashboard.words(name)[0].startswith("G(z) ≈ (")
                assert _numbers(dashboard.words(name)[0]) == pytest.approx(image, abs=HUNDREDTH)
            score = map_value(frame.arrays["latent_map"], u, v)
            assert _numbers(dashboard.words("latent")[0]) == pytest.approx([u, v], abs=HUNDREDTH)
            assert _numbers(dashboard.words("latent")[1])[0] == pytest.approx(score, abs=HUNDREDTH)
            assert dashboard.words("discriminator")[1] == dashboard.words("latent")[1]

        # At a node of the grid it is G's own value there.
        grid, count = frame.arrays["image"], len(frame.arrays["image"])
        i, j = count // 3, 2 * count // 3
        z = [frame.header["image_start"] + k * frame.header["image_spacing"] for k in (j, i)]
        page.mouse.move(*dashboard.area("latent").pixel(*z))
        dashboard.next_frame()
        assert dashboard.cursor_data("latent") == pytest.approx(z, abs=1e-3)
        assert dashboard.cursor_data("samples") == pytest.approx(grid[i, j] / POINT, abs=4e-3)
    dashboard.leave()
    _expect_no_cursors(dashboard)


def test_over_the_metrics(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(*[20] * 10)
    metrics, kept = server.metrics(), server.kept()
    page = dashboard.open().page
    dashboard.until("dash_clientside.rows.count() === 200")
    for goal in (87, 3, 130, 199):
        step = dashboard.point_at_step(goal)
        assert abs(step - goal) <= 2
        near = nearest_kept(kept, step)
        dashboard.expect_step(near, SQUARE)
        dashboard.expect_step(step, ("metrics",))
        dashboard.expect_numbers(step, metrics[step - 1].tolist())
        assert dashboard.cursor_data("metrics")[0] == step
        _expect_no_cursors(dashboard, SQUARE)
        expect(dashboard.badge("samples")).to_contain_text(f"preview · step {near}")
        expect(dashboard.status).to_have_text(f"Viewing step {near} of 200 · paused")

    # Training goes on under a still pointer, until the axis has grown: the same step and numbers, the cursor on it.
    step = dashboard.point_at_step(60)
    near = nearest_kept(kept, step)
    dashboard.expect_step(near, SQUARE)
    server.command("play")
    server.wait_until(lambda status: status["step"] > 900)
    server.command("pause")
    dashboard.until("dash_clientside.rows.count() > 900 && s.status.phase === 'paused'")
    dashboard.until("document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.range[1] > 900")
    dashboard.expect_step(near, SQUARE)
    dashboard.expect_step(step, ("metrics",))
    dashboard.expect_numbers(step, metrics[step - 1].tolist())
    dashboard.until(
        """(() => {
            const plot = document.querySelector("#metrics-panel .js-plotly-plot");
            const { xaxis } = plot._fullLayout;
            const line = plot.getBoundingClientRect().left + xaxis._offset + xaxis.d2p(argument[0]);
            const { left, width } = document.querySelector("#metrics-panel .cursor").getBoundingClientRect();
            return Math.abs(left + width / 2 - line) <= argument[1];
        })()""",
        [step, PIXEL],
    )

    # Leaving returns to what was shown: the newest step ...
    dashboard.leave()
    _expect_no_cursors(dashboard)
    newest = server.status()["step"]
    dashboard.expect_step(newest)
    # ... or one of the past.
    dashboard.go_to(20)
    dashboard.expect_step(20)
    step = dashboard.point_at_step(150)
    dashboard.expect_step(nearest_kept(server.kept(), step), SQUARE)
    dashboard.leave()
    dashboard.expect_step(20)

    # On a logarithmic axis too, a pixel means what Plotly's axis says it means.
    page.get_by_role("switch", name="Logarithmic steps").press("Space")
    dashboard.until("document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.type === 'log'")
    dashboard.next_frame()
    metrics = server.metrics()
    for goal in (2, 30, 500):
        step = dashboard.point_at_step(goal)
        assert step == pytest.approx(goal, rel=0.05, abs=1)
        dashboard.expect_step(step, ("metrics",))
        dashboard.expect_numbers(step, metrics[step - 1].tolist())


def test_with_the_keyboard(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(30, 30)
    page = dashboard.open().page
    frame = dashboard.sharp()
    layer = dashboard.layer("discriminator")
    expect(layer).to_have_accessible_name("Sample map. Arrow keys move the linked cursor.")
    layer.focus()
    place = np.zeros(2)
    for key, move in (
        ("ArrowRight", (0.02, 0)),
        ("ArrowUp", (0, 0.02)),
        ("Shift+ArrowRight", (0.1, 0)),
        ("Shift+ArrowDown", (0, -0.1)),
        ("ArrowLeft", (-0.02, 0)),
        ("Shift+ArrowUp", (0, 0.1)),
    ):
        page.keyboard.press(key)
        place += move
        _expect_cursor(dashboard, "discriminator", *place)
        _expect_cursor(dashboard, "samples", *place)
        score = map_value(frame.arrays["sample_map"], *place)
        assert _numbers(dashboard.words("discriminator")[1])[0] == pytest.approx(score, abs=HUNDREDTH)
        expect(page.locator("#cursor-words")).to_contain_text(dashboard.words("discriminator")[1])
    for _ in range(12):
        page.keyboard.press("Shift+ArrowLeft")
    _expect_cursor(dashboard, "discriminator", -1, place[1])
    page.keyboard.press("Escape")
    _expect_no_cursors(dashboard)

    dashboard.layer("latent").focus()
    page.keyboard.press("ArrowUp")
    _expect_cursor(dashboard, "samples", *image_of(frame, 0, 0.02), tolerance=1e-5)
    dashboard.layer("samples").focus()
    _expect_no_cursors(dashboard)

    # Along the steps, and Enter stays where it is.
    metrics = server.metrics()
    dashboard.layer("metrics").focus()
    page.keyboard.press("Shift+ArrowLeft")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    dashboard.expect_step(41, ("metrics",))
    dashboard.expect_numbers(41, metrics[40].tolist())
    dashboard.expect_step(30, SQUARE)
    page.keyboard.press("Escape")
    dashboard.expect_step(60)
    page.keyboard.press("ArrowLeft")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    dashboard.expect_step(29)
    expect(dashboard.status).to_have_text("Viewing step 29 of 60 · paused")
    assert server.status()["step"] == 60


def test_under_a_still_pointer_the_numbers_follow_the_frames(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(50)
    dashboard.open()
    x, y = dashboard.point("discriminator", 0.4, 0.3)
    for count in (50, 100):
        step = server.train(count)
        dashboard.expect_step(step)
        frame = dashboard.sharp()
        assert frame.step == step
        value = map_value(frame.arrays["sample_map"], x, y)
        dashboard.next_frame()
        assert _numbers(dashboard.words("discriminator")[1])[0] == pytest.approx(value, abs=HUNDREDTH)
        within = int((distances(frame.arrays["fakes"], x, y) <= RADIUS).sum())
        expected = f"{within:,} z land within 0.05" if within else "no z lands within 0.05"
        assert dashboard.words("latent")[0] == expected
        _expect_cursor(dashboard, "samples", x, y)
