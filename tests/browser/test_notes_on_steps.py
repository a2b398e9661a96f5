"""Notes on a step: written beside the picture, shown on the timeline, and found there again."""

from __future__ import annotations

from playwright.sync_api import expect

from dashboard_page import DashboardPage


def test_a_note_on_a_step_is_written_shown_and_led_to(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(20, 10)
    page = dashboard.open().page
    marks = page.locator("#events .event.note")
    expect(marks).to_have_count(0)
    page.locator("#go-to-step").fill("20")
    page.keyboard.press("Enter")
    dashboard.until("s.view.step === 20")

    page.locator("#note").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#notes-dialog")
    expect(dialog.get_by_label("Of")).to_have_value("20")
    dialog.get_by_role("textbox", name="Note").fill("the <i>blob</i> sets out")
    dialog.get_by_label("Tags").fill("odd chase")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("status")).to_have_text("Saved.")
    expect(dialog.get_by_role("listitem")).to_have_text("step 20: the <i>blob</i> sets out #odd #chase")
    page.keyboard.press("Escape")

    said = "step 20: note: the <i>blob</i> sets out #odd #chase"
    expect(marks).to_have_attribute("title", said)
    page.reload()
    dashboard.catch_up()
    expect(marks).to_have_count(1)
    page.locator("#panels").focus()
    page.keyboard.press("[")  # leads there as to any event
    dashboard.until("s.view.step === 20")
    expect(page.locator("#event-words")).to_have_text(said)
    at, rail = marks.bounding_box(), page.locator("#timeline [role=slider]").bounding_box()
    assert at is not None
    assert rail is not None
    assert abs(at["x"] + at["width"] / 2 - rail["x"] - rail["width"] / 2) < 1

    # Nothing of a new run is noted.
    server.command("reset")
    expect(marks).to_have_count(0)
