"""Fakes that lie over each other: counted exactly, said in words, and seen whole in the corners of the square."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import expect

from dashboard_page import DESKTOP, PHONE, DashboardPage
from page_oracle import POINT, in_pixels
from test_access import expect_no_barriers

pytestmark = pytest.mark.sharp

SPAN = 327  # a hundredth, in whole units of a coordinate

Points = npt.NDArray[np.int16]

# Puts a frame on the screen that is the one there but for its fakes, and paints it.
SHOW = """([fakes, step]) => new Promise((done) => {
    const { state } = dash_clientside;
    state.shown = { ...state.shown, step, fakes: Int16Array.from(fakes) };
    state.on("drawn", (frame) => frame === state.shown && done());
    state.emit("frame", state.shown);
})"""


def _most_in_a_square(points: Points) -> int:
    """The most points that a square with sides of SPAN holds, by trying every pair of a right and an upper edge."""
    x, y = points.astype(int).T
    across = (x <= x[:, None]) & (x >= x[:, None] - SPAN)
    up = (y <= y[:, None]) & (y >= y[:, None] - SPAN)
    return int((across.astype(int) @ up.astype(int).T).max())


def _clouds() -> list[Points]:
    """Point sets of all kinds, near the limits of being half, of being within a hundredth, and of the square."""
    random = np.random.default_rng(1)
    clouds = [random.uniform(-1, 1, (101, 2)), np.full((100, 2), (1, -1)), np.full((7, 2), -1)]
    for width in (0.004, 0.0099, 0.0101, 0.02, 0.03):  # boxes and normal clouds about as large as the square
        for count in (200, 201):
            clouds.append(random.uniform((0.3, -0.7), (0.3 + width, width - 0.7), (count, 2)))
            clouds.append(random.normal((-0.999, 0.2), width / 3, (count, 2)))
    for gathered in (99, 100, 101, 102):  # a crowd of about half, the rest anywhere, or in a second crowd near by
        crowd, others = random.uniform(0.5, 0.509, (gathered, 2)), 200 - gathered
        beside = random.uniform((0.507, 0.5), (0.516, 0.509), (others, 2))
        rests = random.uniform(-1, 1, (others, 2)), beside
        clouds += [random.permutation(np.concatenate((crowd, rest))) for rest in rests]
    grid = np.stack(np.meshgrid(np.arange(14), np.arange(15)), axis=-1).reshape(-1, 2) * SPAN / POINT
    clouds += [grid / 8, grid / 9, grid / 10]  # neighbours at exactly the span
    return [np.round(np.clip(cloud, -1, 1) * POINT).astype(np.int16) for cloud in clouds]


def _found(dashboard: DashboardPage, points: Points) -> dict[str, Any] | None:
    found: dict[str, Any] | None = dashboard.page.evaluate(
        "(points) => dash_clientside.crowd.find(Int16Array.from(points), 0.01)", points.ravel().tolist()
    )
    return found


def _expect_the_most(dashboard: DashboardPage) -> None:
    crowded = 0
    for points in _clouds():
        found, most = _found(dashboard, points), _most_in_a_square(points)
        assert (found is not None) == (2 * most > len(points)), f"{most} of {len(points)}"
        if found is None:
            continue
        crowded += 1
        assert found["count"] == most
        # Its place is the mean of so many points within a hundredth of each other.
        near = np.abs(points / POINT - (found["x"], found["y"])).max(axis=1) <= 0.01
        assert near.sum() >= most
    assert 10 < crowded < len(_clouds()) - 5


def _show(dashboard: DashboardPage, place: tuple[float, float], *, step: int, gathered: int = 1987) -> Points:
    """Paint 2,000 fakes, so many of them at one place and the others on a diagonal."""
    points = np.linspace((-0.6, 0.7), (0.2, -0.1), 2000)
    points[:gathered] = place
    fakes = np.round(points * POINT).astype(np.int16)
    dashboard.page.evaluate(SHOW, [fakes.ravel().tolist(), step])
    return fakes


def _expect_callout(dashboard: DashboardPage, place: tuple[float, float], words: str) -> None:
    """It says so, inside the panel and away from the place, and its line ends beside it."""
    box = dashboard.layer("samples").locator(".callout")
    expect(box).to_have_text(words)
    expect(box).to_be_visible()
    area, at = dashboard.area("samples"), box.bounding_box()
    assert at is not None
    assert area.left <= at["x"]
    assert at["x"] + at["width"] <= area.left + area.width
    assert area.top <= at["y"]
    assert at["y"] + at["height"] <= area.top + area.height
    _, y = area.pixel(*place)
    apart = max(at["y"] - y, y - at["y"] - at["height"])
    assert 20 < apart < 40, "beside the place, and not over it"
    line = dashboard.layer("samples").locator(".callout-line").bounding_box()
    assert line is not None
    ends = (abs(line["y"] - y), abs(line["y"] + line["height"] - y))
    assert min(ends) < 12, "the line comes near the place"
    assert min(ends) > 4, "and does not cover it"


def _cross(dashboard: DashboardPage, place: tuple[float, float]) -> npt.NDArray[np.uint8]:
    """The pixels around a place."""
    painted = dashboard.canvas("samples")
    column, row = (int(at) for at in in_pixels(np.array(place), painted.shape[1], painted.shape[0]))
    return painted[row - 5 : row + 6, column - 5 : column + 6]


def test_fakes_in_one_spot_are_called_out(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    page = dashboard.open().page
    dashboard.sharp()
    _expect_the_most(dashboard)
    box, said = page.locator(".callout"), page.locator("#callout-words")
    expect(box).to_be_hidden()
    expect(said).to_be_empty()
    expect(dashboard.layer("samples")).to_have_attribute("aria-describedby", str(box.get_attribute("id")))

    # In every corner, at the edges and in the middle; the crosses in the corners are as large as within.
    _show(dashboard, (0.9, -0.9), step=30)
    whole = _cross(dashboard, (0.9, -0.9))
    assert (whole[..., 3] > 0).sum() > 8
    assert (whole[[0, -1]] == 0).all()
    places = [(x, y) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.25, 1.0)]
    for size in (DESKTOP, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        dashboard.settled()
        for place in places if size == DESKTOP else places[::2]:
            _show(dashboard, place, step=31)
            _expect_callout(dashboard, place, f"1,987 of 2,000 fakes at ({place[0]:.2f}, {place[1]:.2f})")
            if size == DESKTOP and abs(place[1]) == abs(place[0]):
                np.testing.assert_array_equal(_cross(dashboard, place), whole, f"a cross at {place} is cut")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect_no_barriers(dashboard)

    # Half of them are not more than half; one more is.
    _show(dashboard, (1, -1), step=32, gathered=1000)
    expect(box).to_be_hidden()
    _show(dashboard, (1, -1), step=33, gathered=1001)
    expect(box).to_have_text("1,001 of 2,000 fakes at (1.00, -1.00)")

    # It is spoken, however often they hop, no more often than one can listen to; at last what is true then.
    page.evaluate(
        """() => {
            window.spoken = [];
            const words = document.getElementById("callout-words");
            new MutationObserver(() => spoken.push([performance.now(), words.textContent]))
                .observe(words, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for hop in range(40):
        _show(dashboard, ((-1) ** hop, 1), step=40 + hop, gathered=1500 + hop)
    _show(dashboard, (0, 0.25), step=90, gathered=1800)
    expect(said).to_have_text("1,800 of 2,000 fakes at (0.00, 0.25)")
    times = [time for time, _ in page.evaluate("spoken")]
    assert np.diff(np.array(times, float)).min(initial=np.inf) > 4500
