"""The first minute: a server that waits to be looked at, every step on the screen, and the card where a figure ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from dashboard_page import PHONE, DashboardPage, Watch
from gan_core.live.tempo import TAKEN_WITHIN
from live_server import LiveServer

FOLLOW = """(() => {
    window.drawn = [];
    const timer = setInterval(() => {
        const state = window.dash_clientside && window.dash_clientside.state;
        if (!state) return;
        clearInterval(timer);
        state.on("drawn", (frame) => window.drawn.push([frame.step, performance.now()]));
    }, 1);
})()"""


@pytest.fixture
def untouched() -> Iterator[LiveServer]:
    """A server as it is by default, of a figure that costs no training."""
    server = LiveServer("--preset", "target", "--threads", "1", waits=True)
    yield server
    server.stop()


@pytest.mark.own_tab
def test_a_figure_is_seen_from_its_first_step_to_its_end(untouched: LiveServer, page: Page, watch: Watch) -> None:
    assert (untouched.status()["phase"], untouched.status()["step"]) == ("starting", 0)
    assert json.loads(untouched.get("/healthz"))["phase"] == "starting"
    assert untouched.status()["step"] == 0, "nobody has asked for a frame yet"

    dashboard = DashboardPage(page, untouched, watch)
    watch.allow(untouched.origin)
    page.add_init_script(FOLLOW)
    page.goto(untouched.origin)
    card = page.get_by_role("region", name="Figure 1 ends here, at step 120.")
    expect(card).to_be_visible()
    expect(page.locator("#figure-end-words")).to_contain_text("Claim: The map that G must learn")
    drawn = page.evaluate("window.drawn")
    first = dict(reversed(drawn))
    assert max(first) == 120
    steps = sorted(first)
    # A page that stands still for a second may lose one, and the last but one may give way to the last: nobody waits
    # for it to be taken once training has paused.
    for before, after in pairwise(steps):
        assert (
            after == before + 1
            or after == before + 2 == max(first)
            or first[after] - first[before] > 500 * TAKEN_WITHIN
        )
    assert untouched.status()["figure_end"] is True
    expect(page.locator("#go-on")).to_be_hidden()  # every point has arrived
    expect(page.locator("#notices .notice")).to_have_count(0)

    # All of the picture is still there, between the card and the transport.
    top = page.evaluate("document.getElementById('figure-end').getBoundingClientRect().bottom")
    bottom = page.evaluate("document.querySelector('.footer').getBoundingClientRect().top")
    for name in ("metrics", "samples", "latent", "discriminator"):
        area = dashboard.area(name)
        assert area.top >= top
        assert area.top + area.height <= bottom

    expect(card).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#figure-end")).to_be_hidden()
    expect(page.locator("#play-pause")).to_be_focused()
    assert untouched.status()["phase"] == "paused"

    # Another visitor, on a telephone, finds it there and watches again: for everybody.
    phone = page.context.new_page()
    other = DashboardPage(phone, untouched, watch).open(size=PHONE)
    expect(phone.locator("#figure-end")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    run = untouched.status()["info"]
    phone.get_by_role("button", name="Watch again").click()
    again = untouched.wait_until(lambda s: s["info"]["run"] != run["run"])["info"]
    assert (again["preset"], again["seed"]) == (run["preset"], run["seed"])
    expect(phone.locator("#figure-end")).to_be_hidden()
    other.until("s.live && s.live.step > 3")
    phone.close()

    expect(page.locator("#figure-end")).to_be_visible()  # a closed card was that of the run before
    page.get_by_role("button", name="Next figure").click()
    untouched.wait_until(lambda s: s["info"]["preset"] == "mode-collapse" and s["phase"] == "training")
    untouched.send("pause")  # large networks take their time
    untouched.wait_until(lambda s: s["phase"] == "paused")
    expect(page.locator("#figure-end")).to_be_hidden()
    expect(page.locator("#story-title")).to_have_text("Mode collapse")


def test_going_over_to_full_speed_is_announced(dashboard: DashboardPage) -> None:
    """The page's words for what a server would say of a long scenario, step by step."""
    page = dashboard.open().page
    said = page.evaluate(
        """() => {
            const { state } = window.dash_clientside;
            const now = state.status;
            const text = (id) => document.getElementById(id).textContent;
            return [[150, 1], [230, 5], [610, 20], [1300, null]].map(([step, pace]) => {
                state.status = { ...now, phase: "training", step, pace, pace_chosen: false,
                                 info: { ...now.info, preset: "longer" } };
                state.emit("progress");
                state.emit("progress");
                return [text("pace-words"), text("status-now"), document.querySelector("#pace input:checked").value];
            });
        }"""
    )
    words, lines, chosen = zip(*said, strict=True)
    assert words == (
        "Every step is shown; from step 200 on every 5th.",
        "Every 5th step is shown; from step 600 on every 20th.",
        "Every 20th step is shown; from step 1,200 on full speed.",
        "Training goes at full speed.",
    )
    assert "shown" not in lines[0]
    assert "From step 200 on every 5th step is shown" in lines[1]
    assert "From step 1,200 on training goes at full speed" in lines[3]
    assert chosen == ("1", "5", "20", "full")


def test_who_arrives_late_is_told_so(dashboard: DashboardPage) -> None:
    server, page = dashboard.server, dashboard.page
    server.train(60)
    late = server.status()["info"]
    dashboard.watch.allow(server.origin)
    page.goto(server.origin)
    notice = page.locator(".notice", has_text="This run is at step 60")
    expect(notice).to_contain_text("this one stays in Runs")
    page.reload()
    dashboard.catch_up()
    expect(notice).to_have_count(0)  # the tab has seen it

    other = page.context.new_page()
    other.goto(server.origin)
    other.locator(".notice").get_by_role("button", name="Watch from the beginning").click()
    now = server.wait_until(lambda s: s["info"]["run"] != late["run"] and s["phase"] == "training" and s["pace"] == 1)
    assert (now["info"]["preset"], now["info"]["seed"]) == (late["preset"], late["seed"])
    expect(other.locator(".notice")).to_have_count(0)
    assert late["id"] in {run["id"] for run in json.loads(server.get("/api/runs"))["runs"]}
    other.close()
    server.command("pause")
