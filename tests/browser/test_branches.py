"""Branches: from a viewed step, from before the last change; the parent as a ghost; the family above the timeline."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard_page import DESKTOP, DashboardPage, intercept
from gan_core.setup.presets import PRESETS
from page_oracle import POINT, pixel_data, rerun_frame
from test_access import expect_no_barriers, in_every_look

COLUMNS = ("D loss", "D accuracy", "G loss", "G accuracy")
GHOSTS = tuple(f"parent {name}" for name in COLUMNS)


def _traces(dashboard: DashboardPage) -> dict[str, Any]:
    """Plotly's curves by name: what they are drawn from and how."""
    drawn = dashboard.page.evaluate(
        """document.querySelector("#metrics-panel .js-plotly-plot")._fullData.map(
            ({ name, x, y, line, opacity }) => [name, { x: [...x], y: [...y], dash: line.dash, opacity }])"""
    )
    return dict(drawn)


def _wait_for_branch(dashboard: DashboardPage, parent: str, step: int) -> dict[str, Any]:
    """Wait until the session stands at the beginning of a branch, and the page shows it; returns the run's status."""
    status = dashboard.server.wait_until(
        lambda status: status["info"]["parent"] == parent and status["step"] == step and status["phase"] == "paused"
    )
    dashboard.catch_up()
    assert status["info"]["parent_step"] == step
    expect(dashboard.status).to_have_text(f"Paused · step {step}")
    dashboard.expect_step(step)
    return status


def _branch(dashboard: DashboardPage, run: str, step: int) -> str:
    """Branch off through the server; returns the new run's id."""
    server = dashboard.server
    server.command("branch", run=run, step=step)
    status = server.wait_until(lambda s: s["info"]["parent"] == run and s["step"] == step and s["phase"] == "paused")
    return str(status["info"]["id"])


@pytest.mark.sharp
def test_branch_from_a_viewed_step(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(40, 40)
    parent = server.status()["info"]["id"]
    past = server.metrics()
    page = dashboard.open().page
    button = page.get_by_role("button", name="Branch here: Go on from this step as a new run")
    dashboard.go_to(53)
    dashboard.expect_step(53)
    button.press("Enter")
    _wait_for_branch(dashboard, parent, 53)
    assert dashboard.watch.commands == [{"do": "branch", "run": parent, "step": 53}]

    # It goes on with the weights, the moments and the random streams of that step, with another setting.
    server.command("set", values={"lr_g": 0.002})
    server.train(20)
    dashboard.expect_step(73)
    frame, expected = dashboard.sharp(), rerun_frame("quick", 73, 400, {54: {"lr_g": 0.002}})
    for name in ("latent_map", "sample_map", "fakes"):
        np.testing.assert_array_equal(frame.arrays[name], getattr(expected, name))
    np.testing.assert_array_equal(server.metrics()[:53], past[:53])

    # From the present step, too.
    branch = server.status()["info"]["id"]
    button.click()
    _wait_for_branch(dashboard, branch, 73)


def test_a_refused_branch_is_said_and_changes_nothing(dashboard: DashboardPage) -> None:
    server = dashboard.server
    page = dashboard.open().page
    button = page.get_by_role("button", name=re.compile("^Branch here"))
    expect(button).to_be_disabled()  # there is nothing yet to branch off
    server.train(20)
    run = server.status()["info"]["id"]
    dashboard.catch_up()
    dashboard.watch.tolerate("409")
    sentence = "This run is recorded from step 0 to 10: there is nothing to branch off at 20."
    intercept(page, "**/api/command", lambda route: route.fulfill(status=409, json={"error": sentence}))
    button.click()
    failure = page.locator("#failure")
    expect(failure).to_have_text(sentence)
    # It is still there after the next status has come.
    with page.expect_response(re.compile("/api/progress")):
        pass
    dashboard.next_frame()
    expect(failure).to_have_text(sentence)
    assert server.status()["info"]["id"] == run
    page.unroute_all(behavior="wait")
    button.click()
    _wait_for_branch(dashboard, run, 20)
    expect(failure).to_be_hidden()


def test_one_click_goes_back_to_before_the_last_change(dashboard: DashboardPage) -> None:
    server = dashboard.server
    page = dashboard.open().page
    button = page.get_by_role("button", name=re.compile("^Before the last change"))
    expect(button).to_be_disabled()
    # Two gestures: one change, and 100 steps later three within a few steps.
    server.train(20)
    server.command("set", values={"lr_g": 0.002})
    server.train(100)
    for value in (0.01, 0.02, 0.05):
        server.command("set", values={"lr_d": value})
        server.train(5)
    run = server.status()["info"]["id"]
    page.reload()  # so that the page has only the steps to tell gestures apart
    dashboard.catch_up()
    button.click()
    status = _wait_for_branch(dashboard, run, 120)
    then = PRESETS["quick"].values.changed({"lr_g": 0.002})
    assert {name: value["value"] for name, value in status["values"].items()} == vars(then)
    button.click()
    status = _wait_for_branch(dashboard, status["info"]["id"], 20)
    assert status["values"]["lr_g"]["value"] == 0.0002
    expect(button).to_be_disabled()


def test_changes_that_a_page_saw_apart_are_two_gestures(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(20)
    page = dashboard.open().page
    run = server.status()["info"]["id"]
    page.evaluate("window.at = performance.now(); const now = () => window.at; performance.now = now")
    server.command("set", values={"lr_g": 0.002})
    dashboard.until("s.changesTotal === 1")
    server.train(5)
    page.evaluate("window.at += 5000")
    server.command("set", values={"lr_d": 0.01})
    dashboard.until("s.changesTotal === 2")
    page.get_by_role("button", name=re.compile("^Before the last change")).click()
    server.wait_until(lambda status: status["info"]["parent"] == run and status["phase"] == "paused")
    page.evaluate("0")  # what the page has sent is known here after the next call to it
    assert dashboard.watch.commands[-1] == {"do": "branch", "run": run, "step": 25}


@pytest.mark.sharp
def test_the_parent_stays_as_a_ghost(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(40, 40, 1000)
    parent = server.status()["info"]["id"]
    past = server.metrics()
    page = dashboard.open().page
    switches = page.locator("#ghost-switches")
    expect(switches).to_be_hidden()
    drawn = "document.querySelector('#metrics-panel .js-plotly-plot')._fullData"
    dashboard.until(f"{drawn}.length > 0 && {drawn}.every((trace) => trace.line)")
    assert tuple(_traces(dashboard)) == COLUMNS
    _branch(dashboard, parent, 40)
    server.command("set", values={"lr_g": 0.01})
    server.train(30)
    dashboard.catch_up()
    dashboard.until(f"{drawn}.length === 8 && {drawn}[0].x.at(-1) === 70 && {drawn}[4].x.length > 0")
    traces = _traces(dashboard)
    assert tuple(traces) == COLUMNS + GHOSTS
    end = page.evaluate("document.querySelector('#metrics-panel .js-plotly-plot')._fullLayout.xaxis.range[1]")
    for column, name in enumerate(GHOSTS):
        ghost, own = traces[name], traces[COLUMNS[column]]
        steps = np.array(ghost["x"])
        assert steps[0] == 41, "it begins where the branch does"
        assert 300 < steps[-1] <= end
        np.testing.assert_array_equal(np.array(ghost["y"], np.float32), past[steps - 1, column])
        assert "dash" in ghost["dash"]
        assert ghost["dash"] != own["dash"]
        assert ghost["opacity"] < 1 == own["opacity"]
    label = page.locator("#metrics-panel .annotation-text").filter(has_text="parent")
    expect(label).to_have_text("dashed: parent")

    curves, fakes = (page.get_by_role("switch", name=name) for name in ("Ghost of the parent", "Ghost fakes"))
    expect(curves).to_be_checked()
    expect(fakes).not_to_be_checked()
    curves.press("Space")
    dashboard.until(f"{drawn}.length === 4")
    expect(label).to_have_count(0)
    curves.press("Space")
    dashboard.until(f"{drawn}.length === 8")

    # The parent's fakes at the nearest step that it kept, in grey beside those of the branch.
    dashboard.sharp()
    before = dashboard.canvas("samples")
    fakes.press("Space")
    expect(dashboard.badge("samples")).to_contain_text("parent's at 80, grey")
    dashboard.next_frame()
    after = dashboard.canvas("samples")
    changed = (after != before).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert len(rows) > 200
    height, width = after.shape[:2]
    places = np.stack((pixel_data(width)[columns], -pixel_data(height)[rows]), axis=1)
    frame = server.envelope(f"/api/runs/{parent}/frame/80")
    assert frame.step == 80
    known = frame.arrays["fakes"] / POINT
    for place in places[:: max(1, len(places) // 300)]:
        assert np.abs(known - place).max(axis=1).min() < 5 * 2 / width, "a mark where the parent has no fake"
    grey = after[changed][:, :3].astype(int)
    assert (np.ptp(grey, axis=1) < 60).mean() > 0.9
    fakes.press("Space")
    dashboard.until("true")
    expect(dashboard.badge("samples")).not_to_contain_text("parent")
    dashboard.next_frame()
    np.testing.assert_array_equal(dashboard.canvas("samples"), before)

    # A run without a parent has none.
    server.command("preset", name="quick")
    dashboard.until(f"{drawn}.length === 4")
    expect(switches).to_be_hidden()


def _family(dashboard: DashboardPage) -> list[str]:
    return dashboard.page.locator("#family button").evaluate_all(
        "(all) => all.map((b) => b.getAttribute('aria-label'))"
    )


def test_the_family_is_a_tree_whose_lines_open_their_runs(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(100)
    root = server.status()["info"]["id"]
    page = dashboard.open().page
    tree = page.get_by_role("group", name="Runs of this family")
    expect(tree).to_be_hidden()
    elder = _branch(dashboard, root, 60)
    server.train(10)
    younger = _branch(dashboard, root, 80)
    server.train(5)
    dashboard.catch_up()
    expect(tree).to_be_visible()
    names = [
        "quick, seed 0, 100 steps: open",
        "quick, seed 0, branched at step 60, 70 steps: open",
    ]
    expect(tree.get_by_role("button")).to_have_count(2)
    assert _family(dashboard) == names

    # Lines from a run's branch to its end, over the steps of the longest.
    box = tree.locator("svg").bounding_box()
    assert box is not None
    lines = tree.locator("line:not(.stem)").evaluate_all(
        "(all) => all.map((line) => ['x1', 'x2', 'y1'].map((at) => line[at].baseVal.value))"
    )
    scale = (lines[0][1] - lines[0][0]) / 100
    assert scale == pytest.approx(box["width"] / 100, rel=0.05)
    for (start, end, _), (first, last) in zip(lines, ((0, 100), (60, 70), (80, 85)), strict=True):
        assert [start, end] == pytest.approx([lines[0][0] + scale * first, lines[0][0] + scale * last], abs=0.1)
    assert all(below[2] - above[2] >= 8 for above, below in itertools.pairwise(lines))
    # The present run has another shape, and words.
    expect(tree.locator("rect")).to_have_count(1)
    expect(tree.locator("circle")).to_have_count(2)
    expect(tree.locator("text")).to_have_text("this run")
    server.train(5)
    dashboard.until(
        "document.querySelectorAll('#family line:not(.stem)')[2].x2.baseVal.value > argument", lines[2][1] + 1
    )

    # Its lines open their runs, by mouse or keyboard.
    for name, run in ((names[1], elder), (names[0], root)):
        line = tree.get_by_role("button", name=name, exact=True)
        line.focus()
        expect(line).to_be_focused()
        page.keyboard.press("Enter")
        server.wait_until(lambda s, run=run: s["info"]["id"] == run and s["phase"] == "paused")
        dashboard.catch_up()
        expect(line).to_have_count(0)  # the tree is drawn anew, and the present run is no button
        expect(tree.locator("text")).to_have_text("this run")
    expect(tree.get_by_role("button", name=re.compile("branched at step 80"))).to_have_count(1)
    assert server.status()["info"]["id"] == root
    assert younger not in (root, elder)


def test_a_large_family_stays_small(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(50)
    root = server.status()["info"]["id"]
    for step in (10, 20, 30, 40, 45, 48):
        last = _branch(dashboard, root, step)
    server.train(5)
    page = dashboard.open().page
    tree = page.get_by_role("group", name="Runs of this family; +2 more in the library")
    for size, _ in in_every_look(dashboard):
        expect(tree.get_by_role("button")).to_have_count(4)
        expect(tree.locator("text")).to_have_text("this run, +2 more in the library")
        width, height, above = page.evaluate(
            """[document.documentElement.scrollWidth, document.querySelector(".footer").offsetHeight,
                document.querySelector("#discriminator-panel").getBoundingClientRect().bottom]"""
        )
        assert width == size[0], "nothing sticks out"
        assert height < (120 if size == DESKTOP else 200)
        if size == DESKTOP:
            assert above <= size[1] - height, "the panels are not covered"
            assert dashboard.area("latent").width > 250
        expect_no_barriers(dashboard)
    assert server.status()["info"]["id"] == last
