"""The menu Export: a table is made by keys, is there after a reload, and goes; weights from a file are a start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def test_a_run_begins_with_weights_from_a_file(dashboard: DashboardPage, server: LiveServer, tmp_path: Path) -> None:
    server.train(20)
    before = server.frame(20)
    page = dashboard.open().page
    page.locator("#export").click()
    page.locator("#export-what").select_option("weights")
    page.get_by_role("button", name="Make it").click()
    made = page.locator(".exports-list li[data-state=done]")
    expect(made).to_contain_text("-weights-20.safetensors", timeout=200_000)
    with page.expect_download() as download:
        made.get_by_role("link", name="Download ganscope-").click()
    file = tmp_path / "weights.safetensors"
    download.value.save_as(file)

    # What is none is said where it was to become a run.
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"none")
    chosen = page.locator("#export-weights")
    chosen.set_input_files(damaged)
    failed = page.locator(".exports-list li[data-state=failed]")
    expect(failed).to_contain_text("no file of weights in the format safetensors", timeout=200_000)
    expect(chosen).to_be_enabled()

    chosen.set_input_files(file)
    begun = page.locator(".exports-list li[data-state=done]", has_text="A run with weights from a file")
    expect(begun).to_have_count(1, timeout=200_000)
    old = server.status()["info"]["id"]
    begun.get_by_role("button", name="Open").click()
    expect(page.locator("#export-dialog")).to_have_count(0)
    server.wait_until(lambda status: status["info"]["id"] != old and status["step"] == 0)
    dashboard.catch_up()
    fakes = [frame.arrays["fakes"][:500] for frame in (server.newest_of(0), before)]  # of the same latents
    assert np.array_equal(*fakes)
    server.train(1)  # and goes on from them
    page.locator("#export").click()
    lines = page.locator(".exports-list li")
    for left in (2, 1, 0):
        lines.first.get_by_role("button", name="Remove").click()
        expect(lines).to_have_count(left)
