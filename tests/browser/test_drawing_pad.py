"""The pad: data that are drawn by pointer or by keys lie where they were drawn, and are trained on."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Locator, Page, expect

from dashboard_page import PHONE, DashboardPage
from gan_core.setup.presets import PRESETS
from test_access import expect_no_barriers

Place = tuple[float, float]
CELL = 2 / 256  # of the square: as finely as it is told what is painted
WIDTH = 0.1  # of the brush that the pad begins with


class Pad:
    """The pad of a page, opened by whoever makes one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("dialog", name="Draw your own data")
        self.square = self.root.get_by_role("application")
        self.says, self.error = self.root.get_by_role("status"), self.root.get_by_role("alert")
        expect(self.square).to_be_focused()

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def drag(self, *places: Place) -> list[Place]:
        """Draw from place to place with the mouse; returns them as the pixels are that it went through."""
        box = self.square.bounding_box()
        assert box is not None
        side = box["width"] / 2
        pixels = [(round(box["x"] + (x + 1) * side), round(box["y"] + (1 - y) * side)) for x, y in places]
        self.page.mouse.move(*pixels[0])
        self.page.mouse.down()
        for pixel in pixels[1:]:
            self.page.mouse.move(*pixel, steps=5)
        self.page.mouse.up()
        return [((px - box["x"]) / side - 1, 1 - (py - box["y"]) / side) for px, py in pixels]


def open_pad(page: Page) -> Pad:
    """By keys alone, from the experiment's panel."""
    page.locator("#experiment-fold").press("Enter")
    page.locator("#experiment-own-data summary").press("Enter")
    page.get_by_role("button", name="Draw it").press("Enter")
    return Pad(page)


def from_line(points: npt.NDArray[np.float64], a: Place, b: Place) -> npt.NDArray[np.float64]:
    """How far (N, 2) points are from the line between two places: (N,)."""
    begin, way = np.array(a), np.subtract(b, a)
    along = ((points - begin) @ way / max(way @ way, 1e-12)).clip(0, 1)
    return np.asarray(np.hypot(*(points - begin - along[:, None] * way).T))


def place_said(pad: Pad) -> Place:
    """Where the live region says that the brush is."""
    found = re.match(r"x (\S+), y (\S+) · ", pad.says.inner_text())
    assert found is not None
    x, y = (float(number.replace("−", "-")) for number in found.groups())
    return x, y


def target_choice(page: Page) -> Locator:
    return page.locator("#experiment-target-choice")


def test_what_is_drawn_by_mouse_and_by_keys_is_trained_on_where_it_was_drawn(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(5)
    page = dashboard.open().page
    pad = open_pad(page)
    expect(pad.says).to_contain_text("Nothing is drawn yet.")

    # By mouse, in the lower left corner: a line, another that is taken back, and a gap in the first.
    line = pad.drag((-0.85, -0.7), (-0.25, -0.7))
    expect(pad.says).to_have_text(re.compile(r"^1 stroke, [\d,]+ points$"))
    pad.drag((0.5, -0.9), (0.5, -0.5))
    expect(pad.says).to_contain_text("2 strokes")
    page.keyboard.press("Control+z")
    expect(pad.says).to_contain_text("1 stroke,")
    page.keyboard.press("Control+Shift+Z")
    expect(pad.says).to_contain_text("2 strokes")
    pad.press("Undo")
    expect(pad.says).to_contain_text("1 stroke,")
    pad.press("Eraser")
    gap = pad.drag((-0.55, -0.9), (-0.55, -0.5))

    # By keys alone, from where the brush is: to the right, a line upwards, and a spot beyond it.
    pad.square.focus()
    for keys in ("e", *["Shift+ArrowRight"] * 10, *["Shift+ArrowUp"] * 8):
        page.keyboard.press(keys)
    low = place_said(pad)
    for keys in ("p", *["Shift+ArrowUp"] * 4):
        page.keyboard.press(keys)
    expect(pad.says).to_contain_text("Brush · pen down · 3 strokes")
    high = place_said(pad)
    assert np.allclose(np.subtract(high, low), (0, 0.4))
    for keys in ("p", "ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", " "):
        page.keyboard.press(keys)
    spot = place_said(pad)
    assert np.allclose(np.subtract(spot, high), (0, 0.22))
    expect(pad.says).to_contain_text("4 strokes")
    expect_no_barriers(dashboard)
    status = server.status()
    assert (status["phase"], status["step"]) == ("paused", 5), "the page's own keys have not been pressed"
    assert page.evaluate("dash_clientside.state.view.live")

    # It stays when the pad is closed, and becomes the draft's target.
    page.keyboard.press("Escape")
    expect(pad.root).to_be_hidden()
    expect(page.get_by_role("button", name="Draw it")).to_be_focused()
    page.keyboard.press("Enter")
    pad = Pad(page)
    expect(pad.says).to_contain_text("4 strokes")
    pad.root.get_by_role("button", name="Use this drawing").press("Enter")
    expect(pad.root).to_be_hidden()
    expect(target_choice(page)).to_be_focused()
    target = target_choice(page).input_value()
    assert re.fullmatch(r"csv-[0-9a-f]{16}", target)
    name = f"drawing ({target[4:8]})"
    expect(page.locator("#experiment-target-choice option:checked")).to_have_text(name)
    expect(page.locator("#experiment-target-choice-help")).to_contain_text("where they are in the square")
    server.command("pace", steps=1)
    page.locator("#experiment-start").press("Enter")
    server.wait_until(lambda status: status["info"]["config"]["target"] == target and status["step"] > 2)
    server.command("pause")
    expect(page.locator("#experiment-gist")).to_contain_text(name)

    # Every point lies on what was painted and not rubbed out, each piece with as many as its area is due.
    reals = server.points().arrays["reals"].astype(np.float64) / 32767
    reach = WIDTH / 2 + CELL
    pieces = np.array([from_line(reals, *line), from_line(reals, low, high), from_line(reals, spot, spot)]) < reach
    assert (pieces.sum(axis=0) == 1).all()
    assert from_line(reals, *gap).min() > WIDTH / 2 - CELL
    left = pieces[0] & (reals[:, 0] < gap[0][0])
    cap = math.pi * (WIDTH / 2) ** 2
    length = [gap[0][0] - line[0][0] - WIDTH / 2, line[1][0] - gap[0][0] - WIDTH / 2]
    areas = np.array([WIDTH * length[0] + cap / 2, WIDTH * length[1] + cap / 2, WIDTH * 0.4 + cap, cap])
    shares = np.array([left.mean(), (pieces[0] & ~left).mean(), *pieces[1:].mean(axis=1)])
    error = 4 * np.sqrt(areas / areas.sum() / len(reals)) + CELL / WIDTH * areas / areas.sum()
    assert (np.abs(shares - areas / areas.sum()) < error).all(), (shares, areas / areas.sum())

    # Another visit knows the name, too.
    page.reload()
    expect(page.locator("#experiment-gist")).to_contain_text(name)


def test_what_cannot_be_used_is_said_at_the_pad_and_stays(dashboard: DashboardPage) -> None:
    page = dashboard.open(size=PHONE).page
    dashboard.watch.tolerate("ERR_FAILED")
    page.evaluate("sessionStorage.setItem('ganscope-drawing', '[[\"paint\", 1e9, [0, 0]], 3]')")
    dashboard.server.open_preset("drawn")
    page.locator("#story-attempt").get_by_role("link", name="Draw your own").click()
    pad = Pad(page)
    expect(pad.says).to_contain_text("Nothing is drawn yet.")  # what was kept was no drawing
    box, window = pad.square.bounding_box(), page.evaluate("document.documentElement.clientWidth")
    assert box is not None
    assert 280 <= box["width"] == box["height"] <= window
    assert pad.root.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")

    pad.press("Use this drawing")
    expect(pad.error).to_contain_text("Nothing is painted")
    size = pad.root.get_by_role("slider", name="Size")
    size.press("Home")
    expect(size).to_have_attribute("aria-valuetext", "0.02")
    pad.square.press("Enter")
    pad.press("Use this drawing")
    expect(pad.error).to_contain_text("So little is painted that there is no room for points")
    pad.press("Clear")
    expect(pad.square).to_be_focused()  # a button of no more use takes no focus away
    expect(pad.says).to_contain_text("Nothing is drawn yet.")

    pad.drag((-0.5, 0.5), (0.5, 0.5))
    page.route("**/api/data?*", lambda route: route.abort())
    pad.press("Use this drawing")
    expect(pad.error).to_contain_text("The server does not answer")
    expect(pad.says).to_contain_text("1 stroke,")
    page.unroute("**/api/data?*")
    page.reload()
    dashboard.catch_up()
    open_pad(page)
    expect(pad.says).to_contain_text("1 stroke,")
    # A stroke during which the pad is closed is one, too.
    box = pad.square.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 50)
    page.keyboard.press("Escape")
    expect(pad.root).to_be_hidden()
    page.mouse.up()
    page.get_by_role("button", name="Draw it").press("Enter")
    expect(pad.says).to_contain_text("2 strokes,")
    page.keyboard.press("Escape")

    # The drawing that comes along is of the page's own points: the same strokes are the same data.
    page.evaluate("(text) => sessionStorage.setItem('ganscope-drawing', text)", json.dumps(face()))
    page.get_by_role("button", name="Draw it").click()
    pad.press("Use this drawing")
    expect(pad.root).to_be_hidden()
    expect(target_choice(page)).to_have_value(PRESETS["drawn"].config.target)
    expect(page.locator("#experiment-says")).to_contain_text("As the run has it")


def face() -> list[list[object]]:
    """Strokes, as the page keeps them: an outline, a mouth, two eyes; 500 is 1 of the square."""

    def arc(radius: float, begin: float, end: float) -> list[int]:
        turns = [math.radians(begin + (end - begin) * i / 72) for i in range(73)]
        return [round(500 * radius * part(turn)) for turn in turns for part in (math.cos, math.sin)]

    strokes = [(20, arc(0.72, 0, 360)), (30, arc(0.4, 205, 335)), (60, [-135, 120]), (60, [135, 120])]
    return [["paint", size, places] for size, places in strokes]
