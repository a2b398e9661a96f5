"""What a teacher leaves out or locks by the address, and that no other way leads there."""

from __future__ import annotations

from playwright.sync_api import expect

from dashboard_page import DashboardPage

ASKED = "/?hide=latent-panel,story,sweep,step-once,new-seed&lock=lr-d,reset,preset,timeline,nothing-of-the-kind"
LOCKED = "Whoever gave you this address has locked this"


def test_what_is_left_out_or_locked_cannot_be_done_in_any_way(dashboard: DashboardPage) -> None:
    server = dashboard.server
    step = server.train(20)
    page = dashboard.open().page
    page.goto(server.origin + ASKED)
    dashboard.catch_up()
    passing = page.locator('.notice[data-key="locked"]')

    for gone in ("#latent-panel", "#story-panel", "#sweep", "#step-once", "#new-seed"):
        expect(page.locator(gone)).to_be_hidden()
    for stays in ("#samples-panel", "#discriminator-panel", "#lr-d", "#reset", "#runs"):
        expect(page.locator(stays)).to_be_visible()
    for left in ("nothing-of-the-kind", "There are: preset, story"):
        expect(page.locator('.notice[data-key="lesson"]')).to_contain_text(left)
    dashboard.watch.commands.clear()

    # By mouse, by a double click on the slider's way back, by typing, by a control's own key, and by the page's keys.
    page.locator("#reset").click(force=True)
    expect(passing).to_contain_text(LOCKED)
    box = page.locator("#lr-d").bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + 10, box["y"] + box["height"] / 2)
    handle = page.get_by_role("slider", name="Discriminator learning rate")
    handle.focus()  # it can be reached and is read out as what it is
    expect(handle).to_be_focused()
    expect(handle).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("ArrowRight")
    page.locator("#lr-d-input").focus()
    page.keyboard.type("0.05")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Scenario").click(force=True)
    expect(page.get_by_role("option", name="Figure 2 · Mode collapse")).to_have_count(0)
    page.locator("#panels").focus()
    for key in ("r", ".", "ArrowLeft", "["):
        page.keyboard.press(key)
        expect(passing).to_contain_text(LOCKED)
    dashboard.next_frame()
    assert dashboard.watch.commands == []
    assert server.status()["step"] == step
    expect(page.locator("#lr-d-input")).to_have_value("0.001")
    dashboard.until("s.view.live")

    # What is free works, and the cursor is shown in the panels that are there.
    page.locator("#lr-g-input").fill("0.0003")
    page.keyboard.press("Enter")
    server.wait_until(lambda s: s["values"]["lr_g"]["value"] == 0.0003)
    dashboard.point("samples", 0.2, 0.3)
    expect(page.locator("#discriminator-panel .cursor")).to_be_visible()
