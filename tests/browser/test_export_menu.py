"""The menu Export, by keys: a table is made, is there after a reload, is downloaded, and goes."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from dashboard_page import PHONE, DashboardPage
from live_server import LiveServer


def test_a_table_is_made_downloaded_and_removed(dashboard: DashboardPage, server: LiveServer, tmp_path: Path) -> None:
    server.command("step")
    server.command("step")
    page = dashboard.open().page
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.locator("#export").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#export-dialog h2")).to_be_focused()
    expect(page.locator("#export-what")).to_have_value("curves")
    page.get_by_label("Format").focus()
    page.keyboard.press("End")
    expect(page.locator("#export-format")).to_have_value(".parquet")
    page.get_by_role("button", name="Make it").focus()
    page.keyboard.press("Enter")
    made = page.locator(".exports-list li[data-state=done]")
    expect(made).to_have_count(1, timeout=200_000)
    expect(made).to_contain_text("-curves.parquet")
    page.reload()
    page.locator("#export").click()
    link = made.get_by_role("link", name="Download ganscope-")
    with page.expect_download() as download:
        link.click()
    file = tmp_path / "a.parquet"
    download.value.save_as(file)
    assert file.read_bytes()[:4] == b"PAR1"
    made.get_by_role("button", name="Remove").click()
    expect(page.locator(".exports-list li")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#export-dialog")).to_have_count(0)
    expect(page.locator("#export")).to_be_focused()
