"""The dashboard in a browser tab: how a test points at it, and what it reads from the screen."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, Route, expect

from live_server import Envelope, LiveServer
from page_oracle import EXTENT, in_pixels

SLIDERS = {"lr-g": "lr_g", "lr-d": "lr_d", "beta1-g": "beta1_g", "beta1-d": "beta1_d"}
PANELS = ("metrics", "samples", "latent", "discriminator")
SQUARE = PANELS[1:]
DESKTOP = (1440, 900)
PHONE = (390, 844)
PATIENCE = 30_000  # ms; nothing here should take long, but the machine may be busy


class Watch:
    """Collects what must not happen: errors and warnings in the console, uncaught ones, requests to elsewhere."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.commands: list[dict[str, Any]] = []  # bodies of the requests that the page sent to /api/command
        self._origins: set[str] = set()
        self._tolerated: tuple[str, ...] = ()

    def attach(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._uncaught)
        page.on("request", self._request)

    def detach(self, page: Page) -> None:
        """Nothing of what the page does now is of interest."""
        page.remove_listener("console", self._console)
        page.remove_listener("pageerror", self._uncaught)
        page.remove_listener("request", self._request)

    def allow(self, origin: str) -> None:
        """Requests to this server are expected."""
        self._origins.add(urlsplit(origin).netloc)

    def tolerate(self, *fragments: str) -> None:
        """Messages that contain one of these are expected: the browser reports every failed request by itself."""
        self._tolerated = fragments

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type not in ("error", "warning") or any(
            part.lower() in message.text.lower() for part in self._tolerated
        ):
            return
        if urlsplit(where).path == "/favicon.ico":  # the browser asks for it beside whatever is no page of ours
            return
        self.problems.append(f"console {message.type}: {message.text} ({where})")

    def _uncaught(self, error: Error) -> None:
        self.problems.append(f"uncaught: {error}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc not in self._origins:
            self.problems.append(f"request to {request.url}")
        if parts.path == "/api/command":
            self.commands.append(request.post_data_json)


def intercept(page: Page, url: str, handler: Callable[[Route], object]) -> None:
    """Route requests of a page; if it is open, returns when they do come to the handler.

    Chromium says that it holds requests back a moment before it does, and one that goes by in between is never seen.
    """
    if page.url == "about:blank":
        page.route(url, handler)
        return
    caught: list[Route] = []
    page.route("**/healthz", lambda route: (caught.append(route), route.continue_()))
    page.route(url, handler)
    while not caught:
        page.evaluate("fetch('/healthz').then((answer) => answer.text())")
    page.unroute("**/healthz")


@dataclass(frozen=True)
class Area:
    """A rectangle of the viewport, in CSS pixels."""

    left: float
    top: float
    width: float
    height: float

    def apart(self, other: Area) -> float:
        """The largest distance between two edges that should coincide."""
        return max(
            abs(self.left - other.left),
            abs(self.top - other.top),
            abs(self.left + self.width - other.left - other.width),
            abs(self.top + self.height - other.top - other.height),
        )

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Where data (x, y) of a square panel are."""
        column, row = in_pixels(np.array((x, y)), self.width, self.height)
        return self.left + float(column), self.top + float(row)

    def data(self, px: float, py: float) -> tuple[float, float]:
        """What is at a pixel of a square panel: in its margin, the nearest place of the square."""
        x = ((px - self.left) / self.width * 2 - 1) * EXTENT
        y = (1 - (py - self.top) / self.height * 2) * EXTENT
        return min(max(x, -1), 1), min(max(y, -1), 1)


class DashboardPage:
    """One tab. `server` is the one it was opened on."""

    def __init__(self, page: Page, server: LiveServer, watch: Watch) -> None:
        self.page, self.server, self.watch = page, server, watch

    def open(self, *, size: tuple[int, int] = DESKTOP, scheme: Any = "light") -> DashboardPage:
        """Load the page, as one that has followed the run so far, and wait until it shows what the server has."""
        self.watch.allow(self.server.origin)
        run = self.server.status()["info"]["id"]
        self.page.goto(f"{self.server.origin}/healthz")
        self.page.evaluate("(run) => { try { sessionStorage.setItem('ganscope-followed', run) } catch {} }", run)
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(self.server.origin)
        self.catch_up()
        return self

    # -- waiting -----------------------------------------------------------------------------------------------------

    def until(self, condition: str, argument: Any = None) -> None:
        """Wait for a JavaScript expression of `argument` to be true; `s` is the page's state.

        Evaluated once and then called: unlike wait_for_function it works under every security policy of the page.
        """
        self.page.evaluate(
            f"""([argument, patience]) => new Promise((done, fail) => {{
                const deadline = performance.now() + patience;
                const look = () => {{
                    const s = window.dash_clientside && window.dash_clientside.state;
                    if (s && ({condition})) done();
                    else if (performance.now() > deadline) fail(new Error("waited too long"));
                    else setTimeout(look, 20);
                }};
                look();
            }})""",
            [argument, PATIENCE],
        )

    def catch_up(self) -> None:
        """Wait until the page holds the server's newest step, metrics, changes and frame, and has drawn them."""
        status = self.server.status()
        self.until(
            """s.run === argument.run && s.live && s.status && s.status.step >= argument.step
            && s.status.phase === argument.phase && s.changesTotal >= argument.changes
            && s.live.step >= argument.shown && s.shown
            && ["samples", "latent", "discriminator"].every(
                (name) => document.getElementById(`${name}-panel`).dataset.step === String(s.shown.step))
            && (s.view.preview !== null || !s.view.live || s.shown === s.live)""",
            {
                "run": status["info"]["run"],
                "step": status["step"],
                "shown": status["step"] if status["phase"] == "paused" else 0,
                "phase": status["phase"],
                "changes": status["changes"],
            },
        )

    def sharp(self) -> Envelope:
        """Wait until the paused run's sharp frame is drawn; returns it, from the server."""
        for name in ("latent", "discriminator"):
            expect(self.badge(name)).to_contain_text("400 × 400")
        frame = self.server.newest()
        assert frame.resolution == 400
        return frame

    def next_frame(self) -> None:
        """Wait until the browser has drawn twice: whatever an event led to has happened."""
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
        )

    def eventually(self, check: Callable[[], object]) -> None:
        """Wait until a check passes; it is made anew after each drawing of the page, of all that it reads."""
        deadline = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                check()
                return
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            self.next_frame()

    def settled(self, *names: str) -> None:
        """Wait until these panels, or all, are drawn in the size that they have: Plotly follows a change late."""
        self.until(
            """argument.every((name) => {
                const plot = document.querySelector(`#${name}-panel .js-plotly-plot`);
                const layer = dash_clientside.layers.all[name];
                const { width, height, xaxis, yaxis } = plot._fullLayout;
                return Math.abs(width - plot.clientWidth) <= 1 && Math.abs(height - plot.clientHeight) <= 1
                    && layer.width === xaxis._length && layer.height === yaxis._length;
            })""",
            names or PANELS,
        )
        self.next_frame()

    def go_to(self, step: int) -> None:
        """View a step of the past, and leave the field in which it was typed."""
        field = self.page.get_by_role("textbox", name="Go to step")
        field.fill(str(step))
        field.press("Enter")
        self.until("s.view.step === argument", step)
        field.blur()

    def without_reruns(self) -> DashboardPage:
        """Kept frames stay on the screen as they were kept: nothing that is to be re-run is answered."""
        self.page.route("**/api/visit", lambda route: None)
        return self

    # -- what is on the screen ---------------------------------------------------------------------------------------

    def panel(self, name: str) -> Locator:
        return self.page.locator(f"#{name}-panel")

    def layer(self, name: str) -> Locator:
        return self.panel(name).locator(".layer")

    def cursor(self, name: str) -> Locator:
        return self.panel(name).locator(".cursor")

    def badge(self, name: str) -> Locator:
        return self.page.locator(f"#{name}-panel-badge")

    def notes(self, name: str) -> Locator:
        return self.page.locator(f"#{name}-panel-notes")

    def words(self, name: str) -> list[str]:
        """The lines beside a panel."""
        return self.notes(name).inner_text().splitlines()

    @property
    def status(self) -> Locator:
        return self.page.locator("#status-now")

    def handle(self, slider: str) -> Locator:
        return self.page.locator(f"#{slider} [role=slider]")

    def expect_step(self, step: int, names: Sequence[str] = PANELS) -> None:
        """Every one of these panels says that it shows this step."""
        with suppress(Error):  # another page has come, or it waited too long: what is there then is told
            self.until(
                "argument[0].every((name) => document.getElementById(`${name}-panel`)?.dataset.step === argument[1])",
                [names, str(step)],
            )
        for name in names:
            expect(self.panel(name)).to_have_attribute("data-step", str(step))

    def numbers(self) -> tuple[int, list[float]]:
        """The step that the metrics panel speaks of, and its four numbers."""
        notes = self.notes("metrics")
        step = int(re.sub(r"\D", "", notes.locator(".at").inner_text()))
        return step, [float(text.split()[0]) for text in notes.locator("dd").all_inner_texts()]

    def expect_numbers(self, step: int, values: Sequence[float]) -> None:
        """The metrics panel speaks of this step, and of these numbers, to the digits that it shows."""

        def check() -> None:
            at, shown = self.numbers()
            assert at == step
            assert len(shown) == len(values)
            assert np.abs(np.subtract(shown, values)).max() < 5.1e-5, shown

        self.eventually(check)

    def area(self, name: str) -> Area:
        """A panel's plot area, as Plotly has it: a chart that has yet to follow its panel's size is waited for."""
        self.settled(name)
        return self._axes(name)

    def _axes(self, name: str) -> Area:
        box = self.page.evaluate(
            """(name) => {
                const plot = document.querySelector(`#${name}-panel .js-plotly-plot`);
                const { xaxis, yaxis } = plot._fullLayout;
                const box = plot.getBoundingClientRect();
                return [box.left + xaxis._offset, box.top + yaxis._offset, xaxis._length, yaxis._length];
            }""",
            name,
        )
        return Area(*box)

    def cursor_pixel(self, name: str) -> tuple[float, float]:
        """Where the middle of a square panel's cursor is."""
        box = self.cursor(name).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def cursor_data(self, name: str) -> tuple[float, float]:
        """The data that a cursor stands at, by its attributes."""
        x, y = (self.cursor(name).get_attribute(f"data-{axis}") for axis in "xy")
        assert x is not None
        assert y is not None
        return float(x), float(y)

    def canvas(self, name: str, which: str = "paint") -> npt.NDArray[np.uint8]:
        """The pixels of one of a panel's canvases: (height, width, RGBA)."""
        return self._pixels("document.querySelector(argument)", f"#{name}-panel canvas.{which}")

    def shown(self, *names: str) -> dict[str, npt.NDArray[Any]]:
        """Arrays of the frame that is on the screen, as the page has them."""
        found = self.page.evaluate(
            """(names) => names.map((name) => {
                const array = dash_clientside.state.shown[name];
                const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
                let text = "";
                for (let i = 0; i < bytes.length; i += 8192)
                    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
                return [name, array.constructor.name, btoa(text)];
            })""",
            names,
        )
        kinds = {"Uint8Array": np.uint8, "Int16Array": np.int16, "Float32Array": np.float32}
        return {name: np.frombuffer(base64.b64decode(text), kinds[kind]) for name, kind, text in found}

    def screenshot(self, area: Area) -> npt.NDArray[np.uint8]:
        """The pixels on the screen inside an area: (height, width, RGBA)."""
        clip: Any = {"x": area.left, "y": area.top, "width": area.width, "height": area.height}
        png = base64.b64encode(self.page.screenshot(clip=clip)).decode()
        return self._pixels(
            "Object.assign(new Image(), { src: argument })",
            f"data:image/png;base64,{png}",
        )

    def _pixels(self, source: str, argument: str) -> npt.NDArray[np.uint8]:
        """Pixels of a canvas or an image, given as a JavaScript expression of `argument`; through a copy of it."""
        width, height, text = self.page.evaluate(
            f"""async (argument) => {{
                const source = {source};
                if (source.decode) await source.decode();
                const copy = new OffscreenCanvas(source.width, source.height);
                const context = copy.getContext("2d", {{ willReadFrequently: true }});
                context.drawImage(source, 0, 0);
                const bytes = context.getImageData(0, 0, copy.width, copy.height).data;
                let text = "";
                for (let i = 0; i < bytes.length; i += 8192)
                    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
                return [copy.width, copy.height, btoa(text)];
            }}""",
            argument,
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)

    # -- pointing ----------------------------------------------------------------------------------------------------

    def point(self, name: str, x: float, y: float) -> tuple[float, float]:
        """Move the mouse to the whole pixel nearest to data (x, y); returns the data of that pixel.

        After a panel that moves meanwhile it is moved again.
        """
        area = None
        while area is None or self._axes(name) != area:
            area = self.area(name)
            px, py = (round(v) for v in area.pixel(x, y))
            self.page.mouse.move(px, py)
            self.next_frame()
        return area.data(px, py)

    def grip(self, slider: str) -> tuple[float, float]:
        """Press the mouse on a slider's handle, once it stands still; returns the pixel."""
        handle = self.handle(slider)
        handle.hover()
        self.page.mouse.down()
        box = handle.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def point_at_step(self, step: int) -> int:
        """Move the mouse over the metrics panel to a step; returns the step of that pixel, by Plotly's own axis."""
        self.settled("metrics")
        px, py, at = self.page.evaluate(
            """(step) => {
                const plot = document.querySelector("#metrics-panel .js-plotly-plot");
                const { xaxis, yaxis } = plot._fullLayout;
                const box = plot.getBoundingClientRect();
                const left = box.left + xaxis._offset;
                const px = Math.round(left + xaxis.d2p(step));
                return [px, Math.round(box.top + yaxis._offset + yaxis._length / 2), xaxis.p2d(px - left)];
            }""",
            step,
        )
        self.page.mouse.move(px, py)
        self.next_frame()
        return round(at)

    def leave(self) -> None:
        """Move the mouse to where nothing is pointed at."""
        self.page.mouse.move(700, 20)
        self.next_frame()
