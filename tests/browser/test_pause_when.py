"""Training that pauses by itself: set by keys alone, said while it is waited for, and why it has paused."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from dashboard_page import PHONE, DashboardPage, Watch
from live_server import LiveServer

NOTICE = ".notice[data-key=pause-when]"
TYPED = ["coverage", "step", "own"]  # the last ones of the list


def unfold(page: Page) -> None:
    page.locator("#pause-when summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pause-when-what")).to_be_visible()


def choose(page: Page, choice: str, text: str) -> None:
    """By keys alone: what to wait for, and what is typed for it."""
    what = page.locator("#pause-when-what")
    what.focus()
    page.keyboard.press("End")
    for _ in range(TYPED[::-1].index(choice)):
        page.keyboard.press("ArrowUp")
    expect(what).to_have_value(choice)
    page.keyboard.press("Tab")
    expect(page.locator("#pause-when-text")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_collapse_is_waited_for_and_said(dashboard: DashboardPage, server: LiveServer) -> None:
    server.command("preset", name="zoo-collapse")
    page = dashboard.open().page
    unfold(page)
    page.keyboard.press("Tab")
    expect(page.locator("#pause-when-what")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pause-when-set")).to_be_focused()
    page.keyboard.press("Enter")
    sign = page.locator("#pause-when-sign")
    expect(sign).to_have_attribute("role", "status")
    expect(sign.get_by_role("button", name="Pauses when collapsed: press to wait for it no more")).to_be_visible()
    expect(page.locator("#pause-when summary")).to_have_text("Pauses when collapsed")
    page.locator("#play-pause").focus()
    page.keyboard.press("Enter")
    status = server.wait_until(lambda status: status["pause_when"]["held"])
    step = status["step"]
    assert (status["phase"], status["pause_when"]) == (
        "paused",
        {"waits": None, "held": "collapsed", "step": step, "gone": None},
    )
    assert status["diagnosis"]["state"] == "collapsed"
    said = page.locator("#notices[role=status]").locator(NOTICE)
    expect(said).to_contain_text(f"Paused at step {step:,}, because this holds: collapsed. Play goes on.")
    expect(dashboard.status).to_contain_text(f"Paused · step {step:,}")
    expect(sign).to_be_empty()
    dashboard.expect_step(step)
    page.locator("#play-pause").focus()
    page.keyboard.press("Enter")
    server.wait_until(lambda status: status["step"] > step)
    expect(said).to_have_count(0)
    server.command("pause")


def test_a_step_is_met_exactly(dashboard: DashboardPage, server: LiveServer, watch: Watch) -> None:
    watch.tolerate("409")
    page = dashboard.open().page
    unfold(page)
    choose(page, "step", "43.5")
    expect(page.locator("#pause-when-error")).to_have_text("The step must be a whole number.")
    choose(page, "step", "43")
    expect(page.locator("#pause-when-sign")).to_contain_text("Pauses at step 43")
    server.command("play")
    expect(page.locator(NOTICE)).to_contain_text("Paused at step 43, as was asked for.")
    assert server.status()["step"] == 43
    page.locator(NOTICE).get_by_role("button", name="Dismiss this notice").press("Enter")
    expect(page.locator(NOTICE)).to_have_count(0)
    choose(page, "step", "43")
    expect(page.locator("#pause-when-error")).to_have_text("Step 43 is no longer to come: this run is at step 43.")


def test_a_condition_of_one_s_own_and_what_is_wrong_with_it(
    dashboard: DashboardPage, server: LiveServer, watch: Watch
) -> None:
    watch.tolerate("400", "409")
    server.command("pause-when", condition="hopping")
    page = dashboard.open().page
    expect(page.locator("#pause-when-sign")).to_contain_text("Pauses when hopping")  # set in another tab
    unfold(page)
    for text, sentence in (
        ("coverage > 0.9 nad recall > 0.5", "After “coverage > 0.9” and, or or the end has to come; there is “nad”."),
        ("modes >= 3", "modes is not told of this run. These data have no modes that could be counted."),
    ):
        choose(page, "own", text)
        expect(page.locator("#pause-when-error")).to_have_text(sentence)
        expect(page.locator("#pause-when-error")).to_be_in_viewport()
        expect(page.locator("#pause-when-text")).to_have_attribute("aria-invalid", "true")
        assert server.status()["pause_when"]["waits"] == "hopping"
    choose(page, "own", "Coverage>0.9 and recall > .5")
    expect(page.locator("#pause-when-sign")).to_contain_text("Pauses when coverage > 0.9 and recall > 0.5")
    expect(page.locator("#pause-when-error")).to_be_empty()
    page.locator("#pause-when-off").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pause-when-sign")).to_be_empty()
    expect(page.locator("#play-pause")).to_be_focused()
    assert server.status()["pause_when"]["waits"] is None


def test_coverage_is_typed_as_people_do(dashboard: DashboardPage, server: LiveServer) -> None:
    page = dashboard.open().page
    unfold(page)
    choose(page, "coverage", "much")
    expect(page.locator("#pause-when-error")).to_have_text(re.compile("^Coverage must be a number"))
    choose(page, "coverage", "0,75")
    expect(page.locator("#pause-when-sign")).to_contain_text("Pauses when coverage > 0.75")
    assert server.status()["pause_when"]["waits"] == "coverage > 0.75"


def test_what_another_run_cannot_meet_goes_with_a_sentence(dashboard: DashboardPage, server: LiveServer) -> None:
    server.command("preset", name="ring")
    server.command("pause-when", condition="modes >= 8")
    page = dashboard.open().page
    expect(page.locator("#pause-when-sign")).to_contain_text("modes >= 8")
    server.command("preset", name="quick")
    expect(page.locator(NOTICE)).to_contain_text(
        "Training no longer pauses when modes >= 8: modes is not told of this run. These data have no modes"
    )
    expect(page.locator("#pause-when-sign")).to_be_empty()


def test_on_a_phone_a_long_one_is_cut_off_and_nothing_sticks_out(dashboard: DashboardPage, server: LiveServer) -> None:
    text = "coverage > 0.91 and recall > 0.51 and step >= 100000 or collapsed or hopping"
    server.command("pause-when", condition=text)
    page = dashboard.open(size=PHONE).page
    button = page.get_by_role("button", name=f"Pauses when {text}: press to wait for it no more")
    expect(button).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    button.click()
    expect(button).to_have_count(0)
