"""What is told beside the picture: stories whose links lead somewhere, the tour, events, and help on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dashboard_page import PHONE, DashboardPage, intercept
from gan_core.dashboard.page.story import label, parts, plain, tour
from gan_core.records.story import STATES
from gan_core.setup.presets import PRESETS
from gan_core.texts.catalogue import say
from gan_core.wire import frames as wire
from gan_core.wire.envelope import with_header
from live_server import LiveServer

DIAGNOSIS = {"state": "hopping", "since": 7}
HOPPING = say("state.hopping.sentence")
EVENTS = [
    [3, "diagnosis", {"state": "collapsed"}],
    [7, "diagnosis", {"state": "hopping"}],
    [12, "change", {"name": "lr_g", "old": 0.001, "new": 0.002}],
]
TOLD = [say("state.collapsed.sentence"), HOPPING, "Generator learning rate 0.001 → 0.002"]
Tell = Callable[[dict[str, Any], list[list[Any]]], None]


@pytest.fixture
def tell(page: Page) -> Iterator[Tell]:
    """Have the server's progress say this of the run: fields of its status, and events."""

    def begin(status: dict[str, Any], events: list[list[Any]]) -> None:
        def answer(route: Route) -> None:
            body = route.fetch().body()
            changed = wire.decode(body)[0]["status"] | status
            route.fulfill(body=with_header(body, status=changed, events=events), content_type=wire.CONTENT_TYPE)

        page.route(re.compile(r"/api/progress"), answer)

    yield begin
    page.unroute_all(behavior="ignoreErrors")


def _open(dashboard: DashboardPage, name: str) -> None:
    """Open a scenario without the tour, and wait until the page tells it."""
    dashboard.page.evaluate("(name) => window.dash_clientside.transport.open_preset(name)", name)
    expect(dashboard.page.locator("#story-title")).to_have_text(PRESETS[name].title)


def _links(page: Page) -> Locator:
    return page.locator("#story").get_by_role("link")


def test_every_link_of_every_story_leads_to_something_that_is_there(dashboard: DashboardPage) -> None:
    """All of them name an element; those of one story are pressed, by pointer and by key."""
    page = dashboard.open().page
    linked = [text for preset in PRESETS.values() for text in (preset.story, preset.why, preset.attempt)]
    targets = {target for text in linked for _, target in parts(text) if target}
    scenarios = {target for target in targets if target.startswith("preset:")}
    assert {target.removeprefix("preset:") for target in scenarios} <= set(PRESETS)
    targets -= scenarios | {"experiment-draw", "experiment-own-data"}  # the panel makes them when a link opens it
    missing = page.evaluate("(ids) => ids.filter((id) => !document.getElementById(id))", sorted(targets))
    assert missing == []

    _open(dashboard, "mode-collapse")
    preset = PRESETS["mode-collapse"]
    expect(page.locator("#story")).to_have_text(plain(preset.story))
    expect(page.locator("#story-claim")).to_have_text(f"Claim: {preset.claim}")
    expect(page.locator("#story-figure")).to_have_text("Figure 2")
    links = [(words, target) for words, target in parts(preset.story) if target]
    assert _links(page).all_inner_texts() == [words for words, _ in links]
    for link, (_, target) in zip(_links(page).all(), links, strict=True):
        assert target is not None
        link.click()
        _expect_pointed_at(page, target)
        link.focus()
        link.press("Enter")
        _expect_pointed_at(page, target)
    assert page.url.rstrip("/") == dashboard.server.origin  # what follows the # would be a recipe


def test_a_story_leads_to_another_scenario_by_key(dashboard: DashboardPage) -> None:
    page, preset = dashboard.open().page, PRESETS["mode-collapse"]
    _open(dashboard, preset.name)
    expect(page.locator("#story-attempt")).to_have_text(plain(preset.attempt))
    there = page.locator("#story-attempt").get_by_role("button", name="R1 + R2")
    expect(there).to_have_attribute("title", "Begins a new run of “R1 + R2”")
    there.press("Enter")
    expect(page.locator("#story-title")).to_have_text("R1 + R2")
    expect(page.locator("#story-fold")).to_be_focused()  # the button itself is gone
    assert dashboard.server.status()["info"]["preset"] == "r1-r2"


def test_a_claim_of_the_literature_says_whose_it_is_and_what_it_came_to(dashboard: DashboardPage) -> None:
    page, preset = dashboard.open().page, PRESETS["packing"]
    _open(dashboard, preset.name)
    expect(page.locator("#story-claim")).to_have_text(f"Claim ({preset.by}): {preset.claim}")
    expect(page.locator("#story-found")).to_have_text(f"Measured here: {preset.found}")
    _open(dashboard, "quick")
    expect(page.locator("#story-claim")).to_have_text(f"Claim: {PRESETS['quick'].claim}")
    expect(page.locator("#story-found")).to_be_empty()


def _expect_pointed_at(page: Page, target: str) -> None:
    """An outline on it or around it, on the screen, and the focus in it."""
    page.wait_for_function(
        """(id) => {
            const target = document.getElementById(id);
            const box = target.closest(".pointed-at");
            const focused = document.activeElement;
            if (!box || !(target.contains(focused) || target === focused)) return false;
            const { top, bottom } = box.getBoundingClientRect();
            return getComputedStyle(box).outlineStyle === "solid" && top < innerHeight && bottom > 0;
        }""",
        arg=target,
    )


def test_a_story_is_told_above_the_panels_of_a_phone(dashboard: DashboardPage) -> None:
    page = dashboard.open(size=PHONE).page
    story, metrics = page.locator("#story-panel").bounding_box(), dashboard.panel("metrics").bounding_box()
    assert story is not None
    assert metrics is not None
    assert story["y"] + story["height"] <= metrics["y"]
    link = _links(page).first
    link.click()
    _expect_pointed_at(page, next(target for _, target in parts(PRESETS["quick"].story) if target))


def test_what_a_scenario_brings_along(dashboard: DashboardPage) -> None:
    """Its curves and lenses, what to try and why, sliders only of what it trains; and its story folds."""
    page = dashboard.open().page

    def chosen(control: str) -> Locator:
        return page.locator(f"#{control} input:checked + label")

    for words in ("#story-attempt", "#story-why"):
        expect(page.locator(words)).to_be_hidden()
    usual = {"curves-view": "Losses", "lens-latent": "D(G(z))"}
    torn = {"curves-view": "Samples", "lens-latent": "Tears"}
    for name, brought in (("quick", usual), ("tears", torn), ("quick", usual)):
        _open(dashboard, name)
        for control, choice in brought.items():
            expect(chosen(control)).to_have_text(choice)
    expect(dashboard.handle("lr-d")).to_be_visible()

    _open(dashboard, "generator-capacity")
    expect(page.locator("#untrained-d")).to_have_text(" · not trained here")
    expect(dashboard.handle("lr-d")).to_be_hidden()
    expect(dashboard.handle("lr-g")).to_be_visible()

    preset = PRESETS["zoo-hopping"]
    _open(dashboard, preset.name)
    expect(page.locator("#story-attempt")).to_have_text(plain(preset.attempt))
    expect(page.locator("#story-why")).to_be_hidden()
    page.get_by_text("Why", exact=True).click()
    expect(page.locator("#story-why")).to_have_text(plain(preset.why))
    expect(page.locator("#story-why")).to_be_visible()
    page.locator("#story-attempt").get_by_role("link").first.click()
    _expect_pointed_at(page, next(target for _, target in parts(preset.attempt) if target))

    fold = page.get_by_role("button", name="The story", exact=True)
    expect(fold).to_have_attribute("aria-expanded", "true")
    fold.click()
    expect(page.locator("#story")).to_be_hidden()
    expect(page.locator("#story-title")).to_be_visible()
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.press("Enter")
    expect(page.locator("#story")).to_be_visible()


def test_controls_and_story_fit_into_one_screen(dashboard: DashboardPage, tell: Tell) -> None:
    """With the longest story of a run with the usual controls, a diagnosis, and the tour's buttons.

    Where there is a control more, for a penalty's weight, all beside the panels may have to scroll.
    """
    tell({"diagnosis": {"state": max(STATES, key=lambda state: len(say(f"state.{state}.sentence"))), "since": 7}}, [])
    page = dashboard.open().page
    usual = [preset for preset in PRESETS.values() if preset.config.penalty == "none" and preset.view != "game"]
    longest = max(usual, key=lambda preset: len(plain(preset.story) + preset.by + preset.claim + preset.found))
    page.locator("#tour-start").click()
    _expect_place(page, 1)
    _open(dashboard, longest.name)
    expect(page.locator("#story-diagnosis")).to_be_visible()
    dashboard.until(
        """document.querySelector(".sidebar").getBoundingClientRect().bottom
        <= document.querySelector(".footer").getBoundingClientRect().top"""
    )


# -- the tour --------------------------------------------------------------------------------------------------------


def test_the_tour_from_start_to_end(dashboard: DashboardPage) -> None:
    """Each of the eight scenarios is opened in order, trains, and is told; back and on again; the end leaves it."""
    server = dashboard.server
    server.train(3)
    page = dashboard.open().page
    server.command("play")
    start, forward, back = (page.locator(f"#tour-{name}") for name in ("start", "next", "back"))
    start.click()
    for place, name in enumerate(tour(), 1):
        _expect_stop(dashboard, place, name)
        expect(back).to_be_enabled() if place > 1 else expect(back).to_be_disabled()
        expect(forward).to_have_text("Finish" if place == 8 else "Next")
        if place == 1:
            expect(page.locator("#tour-kept")).to_contain_text("kept in Runs")
            expect(forward).to_be_focused()
        if place == 3:
            back.click()
            _expect_stop(dashboard, 2, tour()[1])
            forward.click()
            _expect_stop(dashboard, 3, name)
        run = server.status()["info"]["run"]
        forward.press("Enter")
    expect(page.locator("#tour")).to_be_hidden()
    expect(start).to_be_focused()
    assert server.status()["info"]["run"] == run  # the last scenario goes on
    server.command("pause")


def _expect_stop(dashboard: DashboardPage, place: int, name: str) -> None:
    """The tour stands at a scenario, which runs; panel, chooser and server agree."""
    page, preset = dashboard.page, PRESETS[name]
    expect(page.locator("#tour-place")).to_have_text(f"{place} of 8")
    expect(page.locator("#story-title")).to_have_text(preset.title)
    expect(page.get_by_role("textbox", name="Scenario")).to_have_value(label(preset))
    status = dashboard.server.wait_until(lambda s: s["info"]["preset"] == name and s["step"] > 0)
    assert status["phase"] == "training"
    dashboard.until(
        "s.status.info.run === argument && s.live && s.live.run === argument && s.live.step > 0",
        status["info"]["run"],
    )


def test_the_tour_is_left_in_the_middle(dashboard: DashboardPage) -> None:
    """By its button, by Escape, and by opening something else; what runs goes on in each case."""
    server = dashboard.server
    page = dashboard.open().page
    start, bar = page.locator("#tour-start"), page.locator("#tour")
    start.click()
    page.locator("#tour-next").click()
    _expect_place(page, 2)
    expect(page.locator("#story-title")).to_have_text(PRESETS["mode-collapse"].title)
    run = server.status()["info"]["run"]

    page.locator("#help").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")  # closes the help alone
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(bar).to_be_visible()
    page.locator("#tour-next").focus()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(start).to_be_focused()
    expect(page.locator("#story-title")).to_have_text(PRESETS["mode-collapse"].title)
    assert server.status()["info"]["run"] == run

    start.press("Enter")  # from the beginning
    _expect_place(page, 1)
    page.locator("#tour-leave").click()
    expect(bar).to_be_hidden()
    server.wait_until(lambda status: status["info"]["preset"] == "target")
    expect(page.locator("#story-title")).to_have_text(PRESETS["target"].title)

    start.click()  # the first scenario is open already
    _expect_place(page, 1)
    _open(dashboard, "better")  # where it stands is what is open,
    _expect_place(page, 7)
    _open(dashboard, "quick")  # and what is no part of it ends it
    expect(bar).to_be_hidden()
    expect(start).to_have_attribute("aria-pressed", "false")


def _expect_place(page: Page, place: int) -> None:
    expect(page.locator("#tour-place")).to_have_text(f"{place} of 8")


def test_a_refusal_leaves_the_tour_where_it_is(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    dashboard.watch.tolerate("status of 409")
    page.locator("#tour-start").click()
    _expect_place(page, 1)
    dashboard.until(
        "s.status.info.preset === 'target' && s.shown.run === s.run"
    )  # its coming wipes what was refused before
    sentence = "Not now."
    intercept(page, "**/api/command", lambda route: route.fulfill(status=409, json={"error": sentence}))
    page.locator("#tour-next").click()
    expect(page.locator("#failure")).to_have_text(sentence)
    _expect_place(page, 1)
    page.unroute("**/api/command")
    page.locator("#tour-next").click()
    _expect_place(page, 2)
    expect(page.locator("#failure")).to_be_hidden()


# -- what is measured ------------------------------------------------------------------------------------------------


def test_the_diagnosis_is_in_words_beside_the_story_and_in_the_status(dashboard: DashboardPage, tell: Tell) -> None:
    dashboard.server.train(20)
    tell({"diagnosis": DIAGNOSIS, "length": 600}, EVENTS)
    page = dashboard.open().page
    expect(page.locator("#story-diagnosis")).to_have_text(f"◆Hopping, since step 7. {HOPPING}")
    expect(page.locator("#status-diagnosis")).to_have_text("◆ hopping")
    expect(page.locator("#status-words")).to_contain_text(HOPPING)  # what is read out
    bar = page.get_by_role("progressbar", name="Steps of this scenario")
    expect(bar).to_have_attribute("aria-valuenow", "3")
    expect(page.locator("#story-left")).to_have_text("step 20 of 600")
    # Beside a step of the past stands what was said of that one; the status goes on to tell of the newest.
    timeline = page.get_by_role("slider", name="Timeline: steps")
    said = {0: "○Undecided, since step 0.", 4: "▼Collapsed, since step 3.", 8: "◆Hopping, since step 7."}
    for step, words in said.items():
        timeline.press("Home")
        for _ in range(step):
            timeline.press("ArrowRight")
        dashboard.until("s.view.step === argument", step)
        expect(page.locator("#story-diagnosis")).to_contain_text(words)
        expect(page.locator("#status-diagnosis")).to_have_text("◆ hopping")
    timeline.press("End")
    expect(page.locator("#story-diagnosis")).to_have_text(f"◆Hopping, since step 7. {HOPPING}")


LEFT = [
    (20.0, 600, "step 20 of 600, about 29 seconds left at this speed"),
    (10.0, 6_000, "step 20 of 6,000, about 10 minutes left at this speed; it goes on in the background"),
    (0.001, 60, "step 20 of 60, about 11.1 hours left at this speed"),
    (5.0, 20, "step 20 of 20"),
    (5.0, 15, "step 20, beyond the 15 it is meant for; it goes on until you pause it"),
    (0.0, 600, "step 20 of 600"),
]


def test_how_long_it_will_take(dashboard: DashboardPage, tell: Tell) -> None:
    dashboard.server.train(20)
    told: dict[str, Any] = {"phase": "training"}
    tell(told, [])
    dashboard.watch.allow(dashboard.server.origin)
    for speed, length, words in LEFT:
        told |= {"steps_per_second": speed, "length": length}
        if dashboard.page.url == "about:blank":
            dashboard.page.goto(dashboard.server.origin)
        expect(dashboard.page.locator("#story-left")).to_have_text(words)


def test_events_are_ticks_a_list_and_two_keys(dashboard: DashboardPage, tell: Tell) -> None:
    dashboard.server.train(*[1] * 20)
    tell({}, EVENTS)
    page = dashboard.without_reruns().open().page
    ticks = page.locator("#events .event")
    told = [f"step {step}: {said}" for (step, _, _), said in zip(EVENTS, TOLD, strict=True)]
    expect(ticks).to_have_count(3)
    expect(page.locator("#events .event.change")).to_have_count(1)
    assert [tick.get_attribute("title") for tick in ticks.all()] == told
    spoken = page.get_by_role("list", name="Events of this run").get_by_role("listitem")
    assert spoken.all_inner_texts() == told
    # Every step has a frame, so that the rail is even: a tick stands where its step is.
    dashboard.until(
        """[...document.querySelectorAll("#events .event")].every((tick, i) => {
            const [box, rail] = [tick, document.getElementById("timeline")].map((e) => e.getBoundingClientRect());
            return Math.abs(box.left + box.width / 2 - rail.left - rail.width * argument[i] / 20) < 1;
        })""",
        [step for step, _, _ in EVENTS],
    )

    words = page.locator("#event-words")
    for key, step, said in [("[", 12, TOLD[2]), ("[", 7, "hopping"), ("[", 3, "collapsed"), ("]", 7, "hopping")]:
        page.keyboard.press(key)
        dashboard.expect_step(step)
        expect(words).to_have_text(f"step {step}: {said}")
    page.keyboard.press("ArrowRight")
    expect(words).to_have_text("")
    page.keyboard.press("[")
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(words).to_have_text("there is no earlier event")
    dashboard.expect_step(3)
    ticks.nth(2).click()
    dashboard.expect_step(12)
    page.keyboard.press("]")
    expect(words).to_have_text("there is no later event")
    page.keyboard.press("l")
    expect(words).to_have_text("")


# -- help on demand --------------------------------------------------------------------------------------------------


def test_every_control_says_what_it_is(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    about = page.locator("button.info:visible")
    for button in about.all():
        button.focus()
        button.press("Enter")
        bubble = page.get_by_role("note").filter(has_text=button.get_attribute("data-help"))
        expect(bubble).to_be_visible()
        expect(button).to_have_accessible_description(button.get_attribute("data-help") or "")
        box = bubble.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1440
        assert box["y"] + box["height"] <= 900
        button.press("Escape")
        expect(bubble).to_be_hidden()
    names = {button.get_attribute("aria-label") for button in about.all()}
    for slider in page.get_by_role("slider").all():
        name = slider.get_attribute("aria-label")
        assert name == "Timeline: steps" or f"About: {name}" in names
    for switch in page.get_by_role("switch").all():
        assert any((name or "").startswith("About: ") for name in names), switch
    assert about.count() == len(names)


def test_the_help_is_found_by_its_headings(dashboard: DashboardPage) -> None:
    page = dashboard.open().page
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="What you see, and the keys")
    expect(dialog).to_be_visible()
    expect(dialog.locator("p").first).to_contain_text("GANscope trains two small networks")
    headings = dialog.locator("summary").all_inner_texts()
    for heading in ("Colours", "Marks", "Numbers", "States of a run", "Keys"):
        assert heading in headings
    dialog.locator("summary", has_text="Numbers").focus()
    page.keyboard.press("Enter")
    said = "Share of the parts of the data that fakes reach, each with at least a tenth of the fakes that are due to it"
    expect(dialog.get_by_text(said)).to_be_visible()


def test_links_point_without_motion_when_asked_for(dashboard: DashboardPage) -> None:
    dashboard.page.emulate_media(reduced_motion="reduce")
    page = dashboard.open().page
    _links(page).first.click()
    outlined = page.locator(".pointed-at")
    expect(outlined).to_have_css("outline-style", "solid")
    expect(outlined).to_have_css("animation-duration", "0s")


def test_the_page_of_a_recorded_run_tells_its_story(dashboard: DashboardPage) -> None:
    server: LiveServer = dashboard.server
    server.train(5)
    run = server.status()["info"]["id"]
    server.command("preset", name="better")
    page = dashboard.page
    dashboard.watch.allow(server.origin)
    page.goto(f"{server.origin}/?run={run}")
    expect(page.locator("#story")).to_have_text(plain(PRESETS["quick"].story))
    expect(page.locator("#tour-start")).to_be_hidden()
    assert json.loads(server.get("/api/status"))["info"]["preset"] == "better"
