"""Looking at the past while the present goes on: the scrubber, the keys, replay, and a click on the curves."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from dashboard_page import SQUARE, DashboardPage
from page_oracle import nearest_kept
from playwright.sync_api import expect

RAIL = 10_000  # positions of the handle, however many frames are kept
HANDLE_AT = "document.querySelector('#timeline [role=slider]').getAttribute('aria-valuenow')"  # JavaScript
FIVES = [5] * 30  # kept steps 0, 5, ..., 150


def _open_with_a_past(dashboard: DashboardPage, counts: list[int] = FIVES) -> list[int]:
    """Train, open the page, and return the kept steps."""
    dashboard.server.train(*counts)
    kept = dashboard.server.kept()
    assert kept == [0, *itertools.accumulate(counts)]
    dashboard.open()
    dashboard.until("s.kept.length === argument", len(kept))
    return kept


def _expect_viewing(dashboard: DashboardPage, step: int, newest: int, how: str = "paused") -> None:
    dashboard.expect_step(step)
    expect(dashboard.status).to_have_text(f"Viewing step {step} of {newest} · {how}")
    expect(dashboard.page.locator("#viewed-step")).to_have_text(f"step {step} of {newest}")
    expect(dashboard.handle("timeline")).to_have_attribute("aria-valuetext", f"step {step} of {newest}")
    expect(dashboard.page.locator("#follow-live")).to_have_attribute("aria-pressed", "false")


def _expect_live(dashboard: DashboardPage, newest: int) -> None:
    dashboard.expect_step(newest)
    expect(dashboard.status).to_have_text(f"Paused · step {newest}")
    expect(dashboard.page.locator("#follow-live")).to_have_attribute("aria-pressed", "true")


def _expect_handle_at(dashboard: DashboardPage, index: int, last: int) -> None:
    handle = dashboard.handle("timeline")
    expect(handle).to_have_attribute("aria-valuemax", str(RAIL))
    expect(handle).to_have_attribute("aria-valuenow", str(round(index / last * RAIL)))


def test_keys_on_the_handle_and_on_the_page(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, newest, last = dashboard.page, kept[-1], len(kept) - 1
    expect(page.locator("#kept-frames")).to_have_text("31 frames kept")
    for focus_on_the_handle in (True, False):
        if focus_on_the_handle:
            page.get_by_role("slider", name="Timeline: kept steps").focus()
        else:
            page.evaluate("document.activeElement.blur()")
        _expect_live(dashboard, newest)
        index = last
        for key, by in (
            ("ArrowLeft", -1),
            ("ArrowLeft", -1),
            ("ArrowRight", 1),
            ("Shift+ArrowLeft", -10),
            ("Shift+ArrowLeft", -10),
            ("Shift+ArrowRight", 10),
            ("Home", -last),
            ("ArrowLeft", -1),
            ("Shift+ArrowRight", 10),
        ):
            page.keyboard.press(key)
            index = max(0, index + by)
            _expect_viewing(dashboard, kept[index], newest)
            _expect_handle_at(dashboard, index, last)
        page.keyboard.press("End")
        _expect_live(dashboard, newest)
        _expect_handle_at(dashboard, last, last)
    page.keyboard.press("Home")
    _expect_viewing(dashboard, 0, newest)
    page.keyboard.press("l")
    _expect_live(dashboard, newest)
    assert dashboard.server.status()["step"] == newest, "looking back does not train"
    assert dashboard.watch.commands == []


def test_scrubbing_with_the_mouse(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, newest, last = dashboard.page, kept[-1], len(kept) - 1
    track = page.locator("#timeline .mantine-Slider-track").bounding_box()
    handle = dashboard.handle("timeline").bounding_box()
    assert track is not None
    assert handle is not None
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    for share in (0.7, 0.2, 0.5):
        page.mouse.move(track["x"] + share * track["width"], y, steps=6)
        # The button is still down, and the panels are there already.
        index = round(share * last)
        dashboard.until(
            f"""s.shown.step === s.view.step && Math.abs(s.kept.indexOf(s.view.step) - argument) <= 1
            && document.getElementById("samples-panel").dataset.step === String(s.view.step)
            && s.view.step === s.kept[Math.round({HANDLE_AT} / {RAIL} * (s.kept.length - 1))]""",
            index,
        )
        step = int(dashboard.panel("samples").get_attribute("data-step") or "-1")
        assert abs(kept.index(step) - index) <= 1
        _expect_viewing(dashboard, step, newest)
    page.mouse.up()
    _expect_handle_at(dashboard, kept.index(step), last)

    # What is drawn is that step's frame.
    frame = dashboard.server.frame(step)
    assert frame.step == step
    expect(dashboard.badge("latent")).to_have_text(f"past · step {step} · {frame.resolution} × {frame.resolution}")

    # The right end is the newest step, and so is the button.
    page.mouse.click(track["x"] + track["width"] - 1, y)
    _expect_live(dashboard, newest)
    page.mouse.click(track["x"] + 1, y)
    _expect_viewing(dashboard, 0, newest)
    page.get_by_role("button", name="Live: Follow the newest step").click()
    _expect_live(dashboard, newest)
    _expect_handle_at(dashboard, last, last)


def test_the_past_stands_still_while_training_goes_on(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    server, page = dashboard.server, dashboard.page
    handle = dashboard.handle("timeline")
    handle.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    step = kept[-5]
    _expect_viewing(dashboard, step, kept[-1])
    page.evaluate(
        """(names) => {
            window.seen = [];
            for (const name of names) {
                const panel = document.getElementById(`${name}-panel`);
                const note = () => window.seen.push(panel.dataset.step);
                new MutationObserver(note).observe(panel, { attributeFilter: ["data-step"] });
            }
        }""",
        list(SQUARE),
    )
    server.command("play")
    expect(dashboard.status).to_contain_text(f"Viewing step {step} of ")
    expect(dashboard.status).to_contain_text("training goes on, ")
    reached = server.wait_until(lambda status: status["step"] > kept[-1] + 600)["step"]
    dashboard.until("s.status.step >= argument && s.kept.length > 32", reached)
    dashboard.expect_step(step)
    assert set(page.evaluate("window.seen")) <= {str(step)}, "the viewed step moved by itself"

    # The timeline grows on the right, and the handle stays at the viewed frame. It still has the focus.
    dashboard.until(f"Math.abs({HANDLE_AT} / {RAIL} - s.kept.indexOf(s.view.step) / (s.kept.length - 1)) < 0.02")
    expect(handle).to_be_focused()
    page.keyboard.press("ArrowRight")
    dashboard.expect_step(kept[-4])

    page.keyboard.press("End")
    expect(dashboard.status).to_contain_text("Training · step ")
    dashboard.until("Number(document.getElementById('samples-panel').dataset.step) > argument", reached)
    server.command("pause")
    dashboard.expect_step(server.status()["step"])


def test_the_right_end_is_live_even_while_training_goes_on(dashboard: DashboardPage) -> None:
    _open_with_a_past(dashboard)
    server, page = dashboard.server, dashboard.page
    page.keyboard.press("Home")
    dashboard.expect_step(0)
    server.command("play")
    track = page.locator("#timeline .mantine-Slider-track").bounding_box()
    handle = dashboard.handle("timeline").bounding_box()
    assert track is not None
    assert handle is not None
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(track["x"] + 0.4 * track["width"], y, steps=4)
    dashboard.until("!s.view.live && s.shown.step > 0")
    kept = len(server.kept())
    dashboard.until("s.kept.length > argument + 3", kept)
    page.mouse.move(track["x"] + track["width"] + 20, y, steps=4)
    dashboard.until("s.view.live")
    page.mouse.up()
    expect(dashboard.status).to_contain_text("Training · step ")
    server.command("pause")
    _expect_live(dashboard, server.status()["step"])


def test_keys_that_steer_the_training(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(10)
    page = dashboard.open().page
    run = server.status()["info"]["run"]
    page.keyboard.press(".")
    dashboard.expect_step(11)
    page.keyboard.press("Space")
    server.wait_until(lambda status: status["phase"] == "training" and status["step"] > 40)
    page.keyboard.press("Space")
    stopped = server.wait_until(lambda status: status["phase"] == "paused")["step"]
    _expect_live(dashboard, stopped)

    # Training always begins at the newest step, whatever is viewed.
    page.keyboard.press("Home")
    dashboard.expect_step(0)
    page.keyboard.press(".")
    _expect_live(dashboard, stopped + 1)

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="What you see, and the keys")
    expect(dialog).to_be_visible()
    page.keyboard.press(".")  # not in a dialog
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert server.status()["step"] == stopped + 1

    page.keyboard.press("r")
    server.wait_until(lambda status: status["info"]["run"] != run)
    _expect_live(dashboard, 0)


def test_keys_leave_typing_alone_and_can_be_switched_off(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(5, 5)
    page = dashboard.open().page
    field = page.locator("#lr-g-input")
    field.focus()
    for key in (".", "r", "l", "?", "Space", "Home", "ArrowLeft", "End"):
        page.keyboard.press(key)
    expect(field).to_have_value(f"{server.status()['values']['lr_g']['value']:g}.rl? ")
    dashboard.next_frame()
    assert dashboard.watch.commands == []
    expect(page.get_by_role("dialog")).to_have_count(0)
    _expect_live(dashboard, 10)
    field.fill("0.0002")

    switch = page.get_by_role("switch", name="Keyboard shortcuts")
    switch.press("Space")
    expect(switch).not_to_be_checked()
    page.evaluate("document.activeElement.blur()")
    for reloaded in (False, True):
        if reloaded:  # the choice is remembered
            page.reload()
            dashboard.catch_up()
            expect(switch).not_to_be_checked()
        for key in (".", "r", "?", "Space", "Home", "ArrowLeft"):
            page.keyboard.press(key)
        dashboard.next_frame()
        _expect_live(dashboard, 10)
        assert dashboard.watch.commands == []
    # The handle of the timeline keeps its keys.
    dashboard.handle("timeline").press("ArrowLeft")
    _expect_viewing(dashboard, 5, 10)
    switch.press("Space")
    expect(switch).to_be_checked()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Home")
    _expect_viewing(dashboard, 0, 10)


def _replay(dashboard: DashboardPage, choose: Any) -> list[tuple[float, int | None]]:
    """Play the kept frames; the time (s) from the start and the step of each view, None when live."""
    page = dashboard.page
    page.evaluate(
        """() => {
            const { state } = window.dash_clientside;
            const viewed = () => (state.view.live ? null : state.view.step);
            const note = () => window.views.push([performance.now() - window.began, viewed()]);
            const begin = () => (window.began = performance.now());
            if (!window.views) state.on("view", note);
            window.views = [];
            document.getElementById("replay").addEventListener("click", begin, { once: true, capture: true });
        }"""
    )
    choose()
    replay = page.locator("#replay")
    expect(replay).to_have_accessible_name("Replay: Play the kept frames from here")
    replay.click()
    dashboard.until("s.view.live && window.views.length > 1")
    return [(at / 1000, step) for at, step in page.evaluate("window.views")]


def test_replay_at_two_speeds_ends_at_the_newest_step(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, newest = dashboard.page, kept[-1]
    speeds = page.get_by_role("textbox", name="Replay speed, kept frames a second")

    def choose(speed: int) -> None:
        speeds.click()
        page.get_by_role("option", name=f"{speed} / s", exact=True).click()
        expect(speeds).to_have_value(f"{speed} / s")

    for speed in (15, 60):
        views = _replay(dashboard, lambda speed=speed: choose(speed))
        steps = [step for _, step in views[:-1]]
        assert views[-1][1] is None, "it ends live"
        assert steps == sorted(set(steps)), "forwards, each frame once"
        assert set(steps) <= set(kept)
        assert steps[0] == 0
        # It never runs ahead of its speed, however slow the machine; and it takes as long as its speed says.
        assert all(kept.index(step) <= at * speed + 1 for at, step in views[1:-1])
        assert views[-1][0] >= (len(kept) - 2) / speed
        _expect_live(dashboard, newest)
        _expect_handle_at(dashboard, len(kept) - 1, len(kept) - 1)
        # On a busy machine it drops frames rather than time: what is shown lies where the speed has come to.
        late = sorted(at - kept.index(step) / speed for at, step in views[1:-1])
        assert not late or late[len(late) // 2] < 1

    # From the viewed step on, and it can be stopped.
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    dashboard.expect_step(kept[10])
    choose(5)
    replay = page.locator("#replay")
    replay.click()
    expect(replay).to_have_accessible_name("Stop: End the replay")
    dashboard.until("s.view.step > argument", kept[10])
    replay.click()
    expect(replay).to_have_accessible_name("Replay: Play the kept frames from here")
    step = int(dashboard.panel("samples").get_attribute("data-step") or "-1")
    assert kept[10] < step < newest
    _expect_viewing(dashboard, step, newest)


def test_replay_during_training_catches_up_with_it(dashboard: DashboardPage) -> None:
    _open_with_a_past(dashboard, [5] * 10)
    server = dashboard.server
    server.command("looking", share=0)  # no more frames than those, so that the replay's length is known
    server.command("play")
    expect(dashboard.status).to_contain_text("Training · step ")
    views = _replay(dashboard, lambda: None)
    assert [step for _, step in views[:-1]] == sorted({step for _, step in views[:-1]})
    expect(dashboard.status).to_contain_text("Training · step ")
    server.command("pause")
    _expect_live(dashboard, server.status()["step"])


def test_a_click_on_the_curves_stays_there(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, newest = dashboard.page, kept[-1]
    for goal in (68, 33):
        step = dashboard.point_at_step(goal)
        near = nearest_kept(kept, step)
        dashboard.expect_step(near, SQUARE)
        page.mouse.down()
        dashboard.next_frame()
        page.mouse.up()
        _expect_viewing(dashboard, near, newest)
        dashboard.leave()
        _expect_viewing(dashboard, near, newest)
        _expect_handle_at(dashboard, kept.index(near), len(kept) - 1)
        shown = page.locator("#metrics-panel .shown-step").bounding_box()
        assert shown is not None
        line = page.evaluate(
            """(step) => {
                const plot = document.querySelector("#metrics-panel .js-plotly-plot");
                const { xaxis } = plot._fullLayout;
                return plot.getBoundingClientRect().left + xaxis._offset + xaxis.d2p(step);
            }""",
            near,
        )
        assert shown["x"] + shown["width"] / 2 == pytest.approx(line, abs=1)
