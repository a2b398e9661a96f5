"""Sentences that say what was wrong: they stay as long as that is so, and go when it is not."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Route, expect

from dashboard_page import DashboardPage, intercept


def test_what_is_said_of_a_wrong_step_stays_true(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(10)
    page = dashboard.without_reruns().open().page
    field = page.get_by_role("textbox", name="Go to step")
    sentence = page.locator("#go-to-step-error")

    def ask(text: str) -> None:
        field.fill(text)
        field.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")

    def expect_gone() -> None:
        expect(sentence).to_be_empty()
        expect(field).to_have_attribute("aria-invalid", "false")

    # It names the last step there is, which training moves on, in a place that is not read out; then the step is there.
    ask("25")
    expect(sentence).to_have_text("There are the steps 0 to 10.")
    expect(sentence.locator("[aria-live=off]")).to_have_text("10")
    server.train(10)
    expect(sentence).to_have_text("There are the steps 0 to 20.")
    expect(field).to_have_attribute("aria-invalid", "true")
    server.train(10)
    expect_gone()
    # Looking about in the curves is no other step; going to one is.
    ask("99")
    dashboard.point_at_step(5)
    dashboard.until("s.view.preview !== null")
    expect(sentence).to_have_text("There are the steps 0 to 30.")
    dashboard.leave()
    dashboard.until("s.view.preview === null")
    expect(sentence).not_to_be_empty()
    page.get_by_role("slider", name="Timeline: steps").press("ArrowLeft")
    expect_gone()
    # Another entry, not yet judged; a step that is there; another run.
    ask("99")
    field.press("Backspace")
    expect_gone()
    ask("some")
    server.train(5)
    expect(sentence).to_have_text("“some” is no whole number. There are the steps 0 to 35.")
    field.fill("7")
    field.press("Enter")
    dashboard.until("s.view.step === 7")
    expect_gone()
    ask("99")
    server.command("new-seed", seed=1)
    expect_gone()

    # So do those beside the sliders.
    rate = page.locator("#lr-g-input")
    wrong = page.locator("#lr-g-error")
    for outdated in (lambda: server.command("set", values={"lr_g": 0.005}), lambda: server.command("new-seed", seed=2)):
        rate.fill("7")
        rate.press("Enter")
        rate.blur()
        expect(wrong).to_contain_text("must lie between")
        outdated()
        expect(wrong).to_be_empty()
        expect(rate).to_have_attribute("aria-invalid", "false")


def test_a_refusal_is_said_until_it_is_no_longer_so(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(10)
    page = dashboard.without_reruns().open().page
    dashboard.watch.tolerate("status of 409", "ERR_FAILED")
    banner = page.locator("#failure")
    refused: dict[str, Any] = {"error": "Not now."}

    def refuse(route: Route) -> None:
        if json.loads(route.request.post_data or "{}")["do"] in ("branch", "step"):
            route.fulfill(status=409, json={**refused, "run": server.status()["info"]["run"]})
        else:
            route.fallback()

    # The run of an older command comes in after the refusal: nothing has changed by that.
    intercept(page, "**/api/command", refuse)
    held: list[Route] = []
    page.route("**/api/points", lambda route: held.append(route))
    before = page.evaluate("dash_clientside.state.run")
    page.locator("#reset").click()
    page.locator("#step-once").click()
    expect(banner).to_have_text("Not now.")
    while not held:
        dashboard.next_frame()
    page.unroute("**/api/points")
    for route in held:
        route.continue_()
    dashboard.until("s.run !== argument && s.shown && s.shown.run === s.run", before)
    dashboard.catch_up()
    expect(banner).to_have_text("Not now.")
    # A run that comes after it is another matter.
    server.command("new-seed", seed=3)
    expect(banner).to_be_hidden()
    # One that is about the step in view goes with that step; another, not.
    server.train(5)
    dashboard.catch_up()
    timeline = page.get_by_role("slider", name="Timeline: steps")
    timeline.press("ArrowLeft")
    dashboard.until("s.view.step === 4")
    page.locator("#branch-here").click()
    expect(banner).to_have_text("Not now.")
    timeline.press("ArrowLeft")
    dashboard.until("s.view.step === 3")
    expect(banner).to_be_hidden()
    page.locator("#step-once").click()
    expect(banner).to_have_text("Not now.")
    timeline.press("ArrowLeft")
    dashboard.until("!s.view.live")
    expect(banner).to_have_text("Not now.")
    # And all go with a command that is obeyed.
    page.unroute("**/api/command")
    page.locator("#step-once").click()
    expect(banner).to_be_hidden()
    server.wait_until(lambda status: status["step"] == 6)

    # That the server is silent is said until it speaks.
    page.route("**/api/**", lambda route: route.abort())
    expect(page.locator("#connection")).to_be_visible()
    page.locator("#step-once").click()
    expect(banner).to_contain_text("The server does not answer, so this was not applied.")
    page.unroute("**/api/**")
    expect(page.locator("#connection")).to_be_hidden()
    expect(banner).to_be_hidden()
    assert server.status()["step"] == 6
