"""Measures the page in Chromium, on a server of its own: frames, cursors, the past, first sight.

Not a test: what it prints depends on the machine. `make measure ARGS="--share 0.5 --json page.json"`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "helpers"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import Browser, Page, sync_playwright

from dashboard_page import DESKTOP, DashboardPage, Watch
from gan_core.setup.presets import DEFAULT_PRESET, PRESETS
from live_server import LiveServer

LENGTH = PRESETS[DEFAULT_PRESET].length
VISITS = 5
CLICKS, EXACT = 25, 9  # places on the timeline
HAND = 0.1  # seconds that a pointer stands still before it is pressed
WARM_UP = 3.0  # seconds of training before anything is measured


@dataclass(frozen=True)
class Figure:
    """One measured quantity: the middle and the 95th percentile of many."""

    what: str
    unit: str
    count: int
    median: float
    p95: float

    @classmethod
    def of(cls, what: str, unit: str, values: Iterable[float]) -> Figure:
        found = sorted(values)
        if not found:
            return cls(what, unit, 0, math.nan, math.nan)
        return cls(what, unit, len(found), statistics.median(found), found[math.ceil(0.95 * len(found)) - 1])


def each_second(times: list[float], start: float, end: float) -> list[float]:
    """How many of these times (ms) fall into each whole second of a stretch."""
    seconds = int((end - start) // 1000)
    counts = [0] * seconds
    for at in times:
        second = int((at - start) // 1000)
        if 0 <= second < seconds:
            counts[second] += 1
    return [float(count) for count in counts]


def type_step(page: Page, step: int) -> None:
    """As a visitor goes to a step that is named."""
    page.locator("#go-to-step").fill(str(step))
    page.locator("#go-to-step").press("Enter")


def live_frames(dashboard: DashboardPage, seconds: float) -> list[Figure]:
    """Frames painted while the training runs and nobody touches anything."""
    start, end, times, ages = dashboard.page.evaluate(
        """(ms) => new Promise((done) => {
            const { stats } = window.dash_clientside.poll;
            const clock = () => performance.timeOrigin + performance.now();
            const start = clock();
            stats.times.length = stats.ages.length = 0;
            setTimeout(() => done([start, clock(), [...stats.times], [...stats.ages]]), ms);
        })""",
        seconds * 1000,
    )
    return [
        Figure.of("live: frames painted", "1/s", each_second(times, start, end)),
        Figure.of("live: snapshot to pixels", "ms", ages),
    ]


def first_minute(browser: Browser) -> list[Figure]:
    """A fresh figure 2 with every default, on a server of its own: how much of its 600 steps is seen, and how fast."""
    server = LiveServer(waits=True)
    try:
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.add_init_script(
            """const seek = setInterval(() => {
                const state = window.dash_clientside && window.dash_clientside.state;
                if (!state) return;
                clearInterval(seek);
                const log = (window.seen = { steps: new Map(), card: null });
                state.on("drawn", ({ step }) => log.steps.has(step) || log.steps.set(step, performance.now()));
                state.on("progress", () => {
                    const card = document.getElementById("figure-end");
                    if (card && !card.hidden && log.card === null) log.card = performance.now();
                });
            }, 1)"""
        )
        page.goto(server.origin)
        page.evaluate(
            """new Promise((done) => {
                const look = () => (window.seen && window.seen.card !== null ? done() : setTimeout(look, 50));
                look();
            })"""
        )
        drawn, card = page.evaluate("[[...window.seen.steps], window.seen.card]")
        page.close()
    finally:
        server.stop()
    times = [at for step, at in sorted(drawn) if 1 <= step <= LENGTH]
    name = f"a fresh {DEFAULT_PRESET}"
    return [
        Figure.of(f"{name}: steps painted of {LENGTH}", "", [len(times)]),
        Figure.of(f"{name}: frames painted", "1/s", [(len(times) - 1) / (times[-1] - times[0]) * 1000]),
        Figure.of(f"{name}: from one to the next", "ms", [b - a for a, b in pairwise(times)]),
        Figure.of(f"{name}: from opening to the card", "s", [card / 1000]),
    ]


def cursor(dashboard: DashboardPage, seconds: float) -> list[Figure]:
    """Linked cursors while the training runs and the pointer moves over the sample map without a rest."""
    page, area = dashboard.page, dashboard.area("discriminator")
    page.evaluate("window.dash_clientside.cursor.stats.delays.length = 0")
    page.evaluate("window.dash_clientside.cursor.stats.times.length = 0")
    start = page.evaluate("performance.now()")
    until, moves = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        moves += 1
        turn = moves / 40
        page.mouse.move(*area.pixel(0.8 * math.cos(turn), 0.8 * math.sin(1.3 * turn)))
    end, times, delays, painted = page.evaluate(
        """(start) => {
            const { cursor, poll } = window.dash_clientside;
            const painted = poll.stats.times.map((at) => at - performance.timeOrigin).filter((at) => at > start);
            return [performance.now(), cursor.stats.times, cursor.stats.delays, painted];
        }""",
        start,
    )
    dashboard.leave()
    return [
        Figure.of("cursor: pointer moves sent", "1/s", [moves / (end - start) * 1000]),
        Figure.of("cursor: updates", "1/s", each_second(times, start, end)),
        Figure.of("cursor: pointer to drawn", "ms", delays),
        Figure.of("cursor: frames painted meanwhile", "1/s", each_second(painted, start, end)),
    ]


def scrubbing(dashboard: DashboardPage, seconds: float) -> list[Figure]:
    """The past drawn while the timeline's handle is dragged to and fro, with the training going on."""
    page = dashboard.page
    page.evaluate(
        """() => {
            const { state } = window.dash_clientside;
            const log = (window.scrubs = { moved: null, drawn: [], delays: [] });
            const moved = (event) => { if (log.moved === null) log.moved = event.timeStamp; };
            document.addEventListener("pointermove", moved, true);
            state.on("drawn", (frame) => {
                if (state.view.live || log.step === frame.step) return;
                log.step = frame.step;
                log.drawn.push(performance.now());
                if (log.moved !== null) log.delays.push(performance.now() - log.moved);
                log.moved = null;
            });
        }"""
    )
    handle = dashboard.handle("timeline").bounding_box()
    track = page.locator("#timeline").bounding_box()
    assert handle is not None
    assert track is not None
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    start = page.evaluate("performance.now()")
    until, moves = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        moves += 1
        page.mouse.move(track["x"] + track["width"] * (0.5 + 0.45 * math.sin(moves / 15)), y)
    end, drawn, delays = page.evaluate("[performance.now(), window.scrubs.drawn, window.scrubs.delays]")
    page.mouse.up()
    page.keyboard.press("End")
    return [
        Figure.of("scrubbing: frames drawn", "1/s", each_second(drawn, start, end)),
        Figure.of("scrubbing: pointer to drawn", "ms", delays),
    ]


def kept_steps(dashboard: DashboardPage) -> list[Figure]:
    """From a key or a click to the kept frame that it asks for, none of which the page was asked for before.

    Half of the clicks come as from a hand, which stops over the timeline before it presses; the page loads the frame of
    that place meanwhile. The other half come in the moment the pointer does.
    """
    page = dashboard.page
    page.evaluate(
        """() => {
            const { state, kept } = window.dash_clientside;
            const log = (window.visits = { since: null, before: null, delays: [] });
            const asked = () => (state.view.live ? null : kept.nearest(state.view.step));
            const begun = (event) => Object.assign(log, { since: event.timeStamp, before: state.shown.step });
            for (const what of ["keydown", "pointerdown"]) window.addEventListener(what, begun, true);
            state.on("drawn", (frame) => {
                if (log.since === null || frame.step !== asked()) return;
                if (frame.step !== log.before) log.delays.push(performance.now() - log.since);
                log.since = null;
            });
            log.done = () => log.since === null || asked() === log.before; // two places may have the same frame
        }"""
    )

    def delays() -> list[float]:
        dashboard.until("window.visits.done()")
        return page.evaluate("window.visits.delays.splice(0)")  # type: ignore[no-any-return]

    found: dict[str, list[float]] = {"key": [], "click": [], "click without a stop": []}
    between = """(part) => {
        const { kept } = window.dash_clientside.state;
        const i = Math.floor(part * (kept.length - 2));
        return Math.floor((kept[i] + kept[i + 1]) / 2) + 1;
    }"""
    for k in range(CLICKS):
        type_step(page, page.evaluate(between, 0.2 + 0.75 * k / CLICKS))  # the later of two kept frames is nearer here,
        page.evaluate("document.activeElement.blur()")
        delays()
        page.keyboard.press("ArrowLeft")  # and the earlier one here
        found["key"] += delays()
    track = page.locator("#timeline").bounding_box()
    assert track is not None
    for k in range(2 * CLICKS):
        place = (7 * k % (2 * CLICKS)) / (2 * CLICKS)  # another part of the run each time
        page.mouse.move(track["x"] + track["width"] * (0.2 + 0.75 * place), track["y"] + track["height"] / 2)
        if k % 2:
            page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", HAND * 1000)
        page.mouse.down()
        page.mouse.up()
        found["click" if k % 2 else "click without a stop"] += delays()
    page.keyboard.press("End")
    return [Figure.of(f"kept step: {how} to drawn", "ms", values) for how, values in found.items()]


def exact_steps(dashboard: DashboardPage) -> list[Figure]:
    """From typing a step that has no frame to its exact one: the first after the start, and further ones."""
    page = dashboard.page
    delays = []
    for k in range(EXACT):
        step = page.evaluate(
            """([part, after]) => {
                const { kept } = window.dash_clientside.state;
                const i = Math.floor(part * (kept.length - 2));
                return kept.subarray(i).find((step) => !window.dash_clientside.kept.has(step + after)) + after;
            }""",
            [0.3 + 0.6 * k / EXACT, 1 + k],  # each another one, even where several are near the same frame
        )
        start = page.evaluate("performance.now()")
        type_step(page, step)
        dashboard.until("s.shown && s.shown.step === argument", step)
        delays.append(page.evaluate("performance.now()") - start)
    page.keyboard.press("End")
    return [
        Figure.of("exact step: the first", "ms", delays[:1]),
        Figure.of("exact step: further ones", "ms", delays[1:]),
    ]


def first_sight(browser: Browser, server: LiveServer, visits: int) -> list[Figure]:
    """From navigation to the first paint and to the first frame, each time in a new context with an empty cache."""
    painted, contentful, framed, sizes = [], [], [], []
    for _ in range(visits):
        context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page = context.new_page()
        page.add_init_script(
            """new MutationObserver((_, observer) => {
                const panel = document.getElementById("discriminator-panel");
                if (!panel || !panel.dataset.step) return;
                observer.disconnect();
                requestAnimationFrame(() => (window.firstFrame = performance.now()));
            }).observe(document, { subtree: true, childList: true, attributeFilter: ["data-step"] })"""
        )
        DashboardPage(page, server, Watch()).open()
        entries, frame, size = page.evaluate(
            """[performance.getEntriesByType("paint").map((entry) => [entry.name, entry.startTime]), window.firstFrame,
                performance.getEntriesByType("resource").reduce((sum, entry) => sum + entry.transferSize, 0)]"""
        )
        times = dict(entries)
        painted.append(times["first-paint"])
        contentful.append(times["first-contentful-paint"])
        framed.append(frame)
        sizes.append(size / 1e6)
        context.close()
    return [
        Figure.of("visit: first paint", "ms", painted),
        Figure.of("visit: first contentful paint", "ms", contentful),
        Figure.of("visit: first frame", "ms", framed),
        Figure.of("visit: transferred", "MB", sizes),
    ]


def measure(page: Page, server: LiveServer, seconds: float) -> list[Figure]:
    """Everything that is measured on a page that is open."""
    dashboard = DashboardPage(page, server, Watch()).open()
    page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", WARM_UP * 1000)
    figures = live_frames(dashboard, seconds)
    speed = server.status()["steps_per_second"]
    figures += cursor(dashboard, seconds) + kept_steps(dashboard) + exact_steps(dashboard)
    figures += scrubbing(dashboard, seconds)
    return [*figures, Figure.of("training, with the page open", "steps/s", [speed])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="how long each quantity is measured (default: 10)")
    parser.add_argument("--share", type=float, help="set the time for looking first, 0 to 0.9")
    parser.add_argument("--preset", default="quick", help="scenario to train (default: quick)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()

    executable = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    server = LiveServer("--preset", options.preset, "--paused")
    try:
        server.command("play")
        if options.share is not None:
            server.command("looking", share=options.share)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=arguments)
            page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
            figures = measure(page, server, options.seconds)
            page.close()
            server.command("pause")  # the processor is for what is measured
            figures += first_minute(browser)
            server.command("play")
            figures += first_sight(browser, server, VISITS)
            server.command("pause")
            figures += [
                Figure(f"{figure.what}, paused", figure.unit, figure.count, figure.median, figure.p95)
                for figure in first_sight(browser, server, VISITS)
            ]
            browser.close()
    finally:
        server.stop()

    print(f"{'':44}{'median':>10}{'p95':>10}  {'':8}{'samples':>8}")
    for figure in figures:
        print(f"{figure.what:44}{figure.median:10.1f}{figure.p95:10.1f}  {figure.unit:8}{figure.count:8}")
    if options.json:
        settings = {"preset": options.preset, "share": options.share, "seconds": options.seconds, "size": DESKTOP}
        options.json.write_text(json.dumps({**settings, "figures": [asdict(f) for f in figures]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
