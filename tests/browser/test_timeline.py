"""Looking at the past while the present goes on: any step by scrubber, keys, field or a click on the curves; replay."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from dashboard_page import SQUARE, DashboardPage, intercept
from gan_core.wire import frames as wire
from gan_core.wire.envelope import with_header
from page_oracle import nearest_kept, rerun_frame

# JavaScript: where the middle of the handle is on the rail, 0..1.
HANDLE_AT = """(() => {
    const rail = document.getElementById("timeline").getBoundingClientRect();
    const handle = document.querySelector("#timeline [role=slider]").getBoundingClientRect();
    return (handle.left + handle.width / 2 - rail.left) / rail.width;
})()"""
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
    expect(dashboard.status).to_have_text(f"Paused · step {newest:,}")
    expect(dashboard.page.locator("#follow-live")).to_have_attribute("aria-pressed", "true")


def _expect_handle_at(dashboard: DashboardPage, step: float, kept: list[int]) -> None:
    """Each kept step has the same room on the rail, and between two of them it is linear in the step."""
    at = np.interp(step, kept, np.linspace(0, 1, len(kept)))
    handle = dashboard.handle("timeline")
    expect(handle).to_have_attribute("aria-valuemax", str(kept[-1]))
    expect(handle).to_have_attribute("aria-valuenow", str(step))
    dashboard.until(f"Math.abs({HANDLE_AT} - argument) <= 0.002", float(at))


def _on_the_rail(dashboard: DashboardPage, share: float) -> tuple[float, float]:
    """The pixel at so much of the rail's length."""
    box = dashboard.page.locator("#timeline").bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def _expect_exactly(dashboard: DashboardPage, step: int, resolution: int, changes: dict[int, dict[str, float]]) -> None:
    """What is on the screen is what training the quick preset up to this step gives, to the last bit."""
    dashboard.until(f"s.shown.step === argument && s.shown.resolution === {resolution}", step)
    dashboard.expect_step(step)
    expected = rerun_frame("quick", step, resolution, changes)
    for name, values in dashboard.shown("latent_map", "sample_map", "fakes", "image").items():
        np.testing.assert_array_equal(values, getattr(expected, name).ravel(), err_msg=f"{name} of step {step}")


def test_keys_on_the_handle_and_on_the_page(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, newest = dashboard.page, kept[-1]
    expect(page.locator("#kept-frames")).to_have_text("31 frames kept")
    for focus_on_the_handle in (True, False):
        if focus_on_the_handle:
            page.get_by_role("slider", name="Timeline: steps").focus()
        else:
            page.evaluate("document.activeElement.blur()")
        _expect_live(dashboard, newest)
        step = newest
        for key, by in (
            ("ArrowLeft", -1),
            ("ArrowLeft", -1),
            ("ArrowRight", 1),
            ("Shift+ArrowLeft", -10),
            ("Shift+ArrowLeft", -10),
            ("Shift+ArrowRight", 10),
            ("Home", -newest),
            ("ArrowLeft", -1),
            ("Shift+ArrowRight", 10),
        ):
            page.keyboard.press(key)
            step = max(0, step + by)
            _expect_viewing(dashboard, step, newest)
            _expect_handle_at(dashboard, step, kept)
        page.keyboard.press("End")
        _expect_live(dashboard, newest)
        _expect_handle_at(dashboard, newest, kept)
    page.keyboard.press("Home")
    _expect_viewing(dashboard, 0, newest)
    page.keyboard.press("l")
    _expect_live(dashboard, newest)
    assert dashboard.server.status()["step"] == newest, "looking back does not train"
    assert dashboard.watch.commands == []


def test_scrubbing_with_the_mouse(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, newest = dashboard.page, kept[-1]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/visit" in request.url else None)
    dashboard.grip("timeline")
    for share in (0.713, 0.233, 0.518):  # none of them half-way between two steps
        page.mouse.move(*_on_the_rail(dashboard, share), steps=6)
        # The button is still down, and the nearest kept frame is there already.
        dashboard.until(
            f"""s.view.step !== null && s.shown.step === Math.round(s.view.step / 5) * 5
            && Math.abs({HANDLE_AT} - argument) < 0.002
            && document.getElementById("samples-panel").dataset.step === String(s.shown.step)""",
            share,
        )
        step = page.evaluate("window.dash_clientside.state.view.step")
        assert step == round(np.interp(share, np.linspace(0, 1, len(kept)), kept))
        expect(page.locator("#viewed-step")).to_have_text(f"step {step} of {newest}")
    assert asked == [], "nothing is re-run while dragging"
    page.mouse.up()
    _expect_viewing(dashboard, step, newest)
    _expect_handle_at(dashboard, step, kept)
    expect(dashboard.badge("latent")).to_have_text(f"past · step {step} · 400 × 400")

    # The right end is the newest step, and so is the button.
    page.mouse.click(*_on_the_rail(dashboard, 0.999))
    _expect_live(dashboard, newest)
    page.mouse.click(*_on_the_rail(dashboard, 0.001))
    _expect_viewing(dashboard, 0, newest)
    page.get_by_role("button", name="Live: Follow the newest step").click()
    _expect_live(dashboard, newest)
    _expect_handle_at(dashboard, newest, kept)


def test_the_frame_under_the_pointer_is_loaded_before_it_is_asked_for(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, asked = dashboard.page, []
    page.on("request", lambda request: asked.append(request.url))
    frame = f"{dashboard.server.origin}/api/frame/{kept[15]}"
    with page.expect_response(frame):
        page.mouse.move(*_on_the_rail(dashboard, 15 / 30))
    _expect_live(dashboard, kept[-1])
    page.mouse.down()
    page.mouse.up()
    _expect_viewing(dashboard, kept[15], kept[-1])
    assert asked.count(frame) == 1


def test_the_past_stands_still_while_training_goes_on(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    server, page = dashboard.server, dashboard.page
    handle = dashboard.handle("timeline")
    handle.focus()
    for _ in range(2):
        page.keyboard.press("Shift+ArrowLeft")
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
    dashboard.until(f"Math.abs({HANDLE_AT} - s.kept.indexOf(s.view.step) / (s.kept.length - 1)) < 0.02")
    expect(handle).to_be_focused()
    page.keyboard.press("ArrowRight")
    dashboard.expect_step(step + 1)

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
    dashboard.grip("timeline")
    page.mouse.move(*_on_the_rail(dashboard, 0.4), steps=4)
    dashboard.until("!s.view.live && s.shown.step > 0")
    kept = len(server.kept())
    dashboard.until("s.kept.length > argument + 3", kept)
    page.mouse.move(*_on_the_rail(dashboard, 1.05), steps=4)
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


def test_a_second_press_takes_the_first_back_before_it_is_answered(dashboard: DashboardPage) -> None:
    dashboard.server.train(10)
    page = dashboard.open().page
    held: list[Route] = []
    intercept(page, "**/api/command", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/api/command"):
        page.keyboard.press("Space")
    page.keyboard.press("Space")
    with page.expect_response(lambda response: response.request.post_data_json == {"do": "pause"}):
        held[0].continue_()
    dashboard.until("s.status.phase === 'paused'")
    assert dashboard.watch.commands == [{"do": "play"}, {"do": "pause"}]
    dashboard.expect_step(dashboard.server.status()["step"])


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
    _expect_viewing(dashboard, 9, 10)
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
        _expect_handle_at(dashboard, newest, kept)
        # On a busy machine it drops frames rather than time: what is shown lies where the speed has come to.
        late = sorted(at - kept.index(step) / speed for at, step in views[1:-1])
        assert not late or late[len(late) // 2] < 1

    # From the viewed step on, and it can be stopped.
    first = kept[2]
    dashboard.go_to(first)
    dashboard.expect_step(first)
    choose(5)
    replay = page.locator("#replay")
    replay.click()
    expect(replay).to_have_accessible_name("Stop: End the replay")
    dashboard.until("s.view.step > argument", first)
    replay.click()
    expect(replay).to_have_accessible_name("Replay: Play the kept frames from here")
    step = int(page.evaluate("dash_clientside.state.view.step"))
    assert first < step < newest
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
        dashboard.expect_step(nearest_kept(kept, step), SQUARE)
        page.mouse.down()
        dashboard.next_frame()
        page.mouse.up()
        dashboard.leave()
        _expect_viewing(dashboard, step, newest)
        _expect_handle_at(dashboard, step, kept)
        dashboard.until(
            """(() => {
                const plot = document.querySelector("#metrics-panel .js-plotly-plot");
                const { xaxis } = plot._fullLayout;
                const line = plot.getBoundingClientRect().left + xaxis._offset + xaxis.d2p(argument);
                const { left, width } = document.querySelector("#metrics-panel .shown-step").getBoundingClientRect();
                return Math.abs(left + width / 2 - line) <= 1;
            })()""",
            step,
        )


# -- any step, exactly -------------------------------------------------------------------------------------------------


def _go_to(dashboard: DashboardPage, text: str) -> None:
    field = dashboard.page.get_by_role("textbox", name="Go to step")
    field.fill(text)
    field.press("Enter")


def test_every_step_is_reached_and_exact(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(40, 40)
    server.command("set", values={"lr_g": 0.002, "beta1_d": 0.3})
    server.train(40)
    changes = {81: {"lr_g": 0.002, "beta1_d": 0.3}}
    page = dashboard.open().page
    words = page.locator("#exact-words")
    for step in (119, 81, 80, 1):
        _go_to(dashboard, str(step))
        _expect_exactly(dashboard, step, 400, changes)
        expect(words).to_have_text("✓ exact, as recorded")
    _expect_viewing(dashboard, 1, 120)
    # A step that was seen is there at once, and one beside it follows.
    _go_to(dashboard, "119")
    dashboard.expect_step(119)
    page.get_by_role("slider", name="Timeline: steps").press("ArrowLeft")
    _expect_exactly(dashboard, 118, 400, changes)
    assert server.status()["step"] == 120, "looking back does not train"
    assert dashboard.watch.commands == []


def test_steps_that_are_not_there_are_refused_at_the_field(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    page, field = dashboard.page, dashboard.page.get_by_role("textbox", name="Go to step")
    for text in ("151", "-1", "12.5", "some", "", "1.000", "1,49"):  # 1.000 is a thousand, and not step 1
        _go_to(dashboard, text)
        wrong = f"“{text}” is no whole number. " if text in ("12.5", "some", "1,49") else ""
        expect(page.locator("#go-to-step-error")).to_have_text(f"{wrong}There are the steps 0 to 150.")
        expect(field).to_have_attribute("aria-invalid", "true")
        _expect_live(dashboard, 150)
    for text, step in ((" １４９ ", 149), ("-0", 0), ("1.49e2", 149)):
        _go_to(dashboard, text)
        _expect_viewing(dashboard, step, kept[-1])
    expect(page.locator("#go-to-step-error")).to_be_empty()
    expect(field).to_have_attribute("aria-invalid", "false")
    expect(field).to_be_focused()
    _go_to(dashboard, "150")
    _expect_live(dashboard, 150)


class _Visits:
    """Stands between the page and the server's re-runs: answers as told until the real answer may come."""

    def __init__(self, dashboard: DashboardPage) -> None:
        self.tickets: dict[str, dict[str, Any]] = {}  # by ticket, what was asked for
        self.answers: list[str] = []  # tickets that the page asked after
        self.answer: Callable[[Route], None] | None = None  # None: the server's own
        intercept(dashboard.page, "**/api/visit", self._ask)
        intercept(dashboard.page, "**/api/visit/*", self._result)

    def _ask(self, route: Route) -> None:
        answer = route.fetch()
        self.tickets[answer.json()["ticket"]] = route.request.post_data_json
        route.fulfill(response=answer)

    def _result(self, route: Route) -> None:
        self.answers.append(route.request.url.rpartition("/")[2])
        if self.answer is None:
            route.continue_()
        else:
            self.answer(route)


def test_progress_is_told_and_the_kept_frame_shown_meanwhile(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    visits, words = _Visits(dashboard), dashboard.page.locator("#exact-words")
    share = dashboard.page.locator("#exact-share")
    visits.answer = lambda route: route.fulfill(status=202, json={"done": 2, "total": 5})
    _go_to(dashboard, "63")
    expect(words).to_have_text("nearest kept step 65; exact step 63: re-running")
    expect(share).to_have_text("40 %")
    dashboard.expect_step(65, SQUARE)
    dashboard.expect_step(63, ["metrics"])
    # As long as they are in a long run they have one line, and the rail stays under the pointer.
    long = "nearest kept step 100,165; exact step 100,163: re-running"
    dashboard.page.evaluate("(text) => (document.querySelector('#exact-words').firstChild.data = text)", long)
    for width in (1440, 1280):
        dashboard.page.set_viewport_size({"width": width, "height": 900})
        assert dashboard.page.evaluate("document.querySelector('.timeline-words').clientHeight") < 30, width
    expect(dashboard.status).to_have_text("Viewing step 65 of 150 · paused")
    visits.answer = None
    _expect_viewing(dashboard, 63, kept[-1])
    expect(words).to_have_text("✓ exact, as recorded")
    expect(share).to_be_empty()
    dashboard.until("s.shown.resolution === 400")
    assert [visit["resolution"] for visit in visits.tickets.values()] == [100, 400]
    assert len({visit["client"] for visit in visits.tickets.values()}) == 1

    # A kept step needs no re-run to be shown, and is sharpened all the same.
    _go_to(dashboard, "60")
    dashboard.until("s.shown.step === 60 && s.shown.resolution === 400")
    assert [(visit["step"], visit["resolution"]) for visit in visits.tickets.values()][2:] == [(60, 400)]


def test_moving_on_cancels(dashboard: DashboardPage) -> None:
    kept = _open_with_a_past(dashboard)
    visits, page = _Visits(dashboard), dashboard.page
    held: list[Route] = []
    visits.answer = held.append
    with page.expect_request("**/api/visit/*"):
        _go_to(dashboard, "63")
    expect(page.locator("#exact-words")).to_contain_text("exact step 63")
    visits.answer = None
    page.evaluate(
        """() => {
            window.said = [];
            const words = document.getElementById("exact-words");
            const note = () => window.said.push(words.textContent);
            new MutationObserver(note).observe(words, { childList: true, subtree: true, characterData: true });
        }"""
    )
    with page.expect_event("requestfailed", lambda request: request.url == held[0].request.url):
        _go_to(dashboard, "91")  # what is not wanted any more is not waited for
    _expect_viewing(dashboard, 91, kept[-1])
    dashboard.until("s.shown.step === 91 && s.shown.resolution === 400")
    assert not any("63" in words for words in page.evaluate("window.said"))

    # Following live asks for nothing more, nor does it say anything of the past.
    asked = len(visits.tickets)
    page.get_by_role("button", name="Live: Follow the newest step").click()
    _expect_live(dashboard, kept[-1])
    expect(page.locator("#exact-words")).to_be_empty()
    assert len(visits.tickets) == asked


def test_what_cannot_be_re_run_is_said(dashboard: DashboardPage) -> None:
    _open_with_a_past(dashboard)
    visits, words = _Visits(dashboard), dashboard.page.locator("#exact-words")
    dashboard.watch.tolerate("409")
    sentence = "This run was trained on a CUDA device, and this machine has none that torch can use."
    visits.answer = lambda route: route.fulfill(status=409, json={"error": sentence})
    _go_to(dashboard, "63")
    expect(words).to_have_text(f"nearest kept step 65; {sentence}")
    dashboard.expect_step(65, SQUARE)

    # Another machine computes other numbers: its frame is shown, and not passed off as the recorded one.
    def other_numbers(route: Route) -> None:
        answer = route.fetch()
        if answer.status == 200:
            route.fulfill(response=answer, body=with_header(answer.body(), verified=False))
        else:
            route.fulfill(response=answer)

    visits.answer = other_numbers
    _go_to(dashboard, "71")
    dashboard.expect_step(71)
    expect(words).to_have_text("re-run, but this machine re-computes other numbers than were recorded")


@pytest.mark.sharp
def test_nothing_is_re_run_while_following_live(dashboard: DashboardPage) -> None:
    dashboard.server.train(20)
    visits = _Visits(dashboard)
    dashboard.open()
    dashboard.sharp()
    dashboard.server.command("play")
    dashboard.until("s.status.step > 200")
    dashboard.point_at_step(50)  # a preview is a look in passing
    dashboard.until("s.view.preview !== null")
    dashboard.leave()
    dashboard.server.command("pause")
    dashboard.sharp()
    expect(dashboard.page.locator("#exact-words")).to_be_empty()
    assert visits.tickets == {}


def test_re_running_to_a_known_step_is_said_and_can_be_stopped(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(30)
    page = dashboard.open().page
    page.route(
        re.compile("/api/progress"),
        lambda route: route.fulfill(response=(answer := route.fetch()), body=_as_if_rerunning(answer.body())),
    )
    expect(dashboard.status).to_have_text("Re-running to step 1,234 · step 30")
    button = page.locator("#play-pause")
    expect(button).to_have_accessible_name("Pause: Pause training")
    button.click()
    page.unroute_all(behavior="wait")  # one may be in the middle of its answer
    _expect_live(dashboard, 30)
    assert dashboard.watch.commands == [{"do": "pause"}]


def _as_if_rerunning(envelope: bytes) -> bytes:
    header = wire.decode(envelope)[0]
    return with_header(envelope, status={**header["status"], "phase": "rerunning", "goal": 1234})
