"""The curves over the steps: what is drawn of a million, smoothed, on which axis, and of which part."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import expect

from dashboard_page import PHONE, DashboardPage
from gan_core.recording.file.branch import copy_until
from gan_core.recording.file.run_file import RunFile
from live_server import LiveServer

STEPS, SPIKE = 1_200_000, 700_000
LONG = "20260101-000000-abcdef"
NAMES = ("D loss", "D accuracy", "G loss", "G accuracy")
PLOT = 'document.querySelector("#metrics-panel .js-plotly-plot")'

Floats = npt.NDArray[np.float64]


def _traces(dashboard: DashboardPage) -> dict[str, tuple[Floats, Floats]]:
    drawn = dashboard.page.evaluate(
        f"{PLOT}.data.filter((t) => t.visible !== false).map((t) => [t.name, Array.from(t.x), Array.from(t.y)])"
    )
    return {name: (np.array(x, np.float64), np.array(y, np.float64)) for name, x, y in drawn}


def _axis(dashboard: DashboardPage, name: str) -> dict[str, Any]:
    return dict(
        dashboard.page.evaluate(
            f"(name) => (({{ type, range }}) => ({{ type, range }}))({PLOT}.layout[name])",
            name,
        )
    )


def _choose(dashboard: DashboardPage, what: str, value: str) -> None:
    dashboard.page.select_option(f"#curve-{what}", value)


def _drag(dashboard: DashboardPage, start: int, end: int) -> tuple[int, int]:
    """Drag over the curves from one step to another; returns the steps of those pixels."""
    first = dashboard.point_at_step(start)
    dashboard.page.mouse.down()
    last = dashboard.point_at_step(end)
    expect(dashboard.panel("metrics").locator(".selection")).to_be_visible()
    dashboard.page.mouse.up()
    dashboard.until(f"String({PLOT}.layout.xaxis.range) === String(dash_clientside.zoom.range())")
    dashboard.next_frame()
    return first, last


# -- a million steps ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_run(coarse_server: LiveServer) -> Iterator[npt.NDArray[np.float32]]:
    """A recorded run of 1.2 million steps whose file was full: every second row is gone. All numbers of all steps."""
    server = coarse_server
    server.put_into_known_state()
    server.train(20)
    source = server.status()["info"]["id"]
    recorded = lambda _: {run["id"]: run["steps"] for run in json.loads(server.get("/api/runs"))["runs"]}.get(source)  # noqa: E731
    server.wait_until(lambda status: recorded(status) == 20)
    random = np.random.default_rng(0)
    every = np.concatenate(
        (server.metrics(), (0.6 + 0.2 * random.random((STEPS - 20, 4))).astype(np.float32)), dtype=np.float32
    )
    every[SPIKE - 1] = (9.5, 0.0, 0.7, 0.7)
    path = server.run_file(LONG)
    with closing(RunFile.open(server.run_file(source))) as file:
        recipe = replace(file.recipe, id=LONG)
        branch = copy_until(file, path, recipe, 20)
    with closing(branch), branch.transaction():
        branch.add_steps(21, every[20:])
        branch.halve_metrics()
    yield every
    path.unlink()


def test_one_spike_in_a_million_steps(dashboard: DashboardPage, long_run: npt.NDArray[np.float32]) -> None:
    page, rows = dashboard.page, STEPS // 2
    dashboard.watch.allow(dashboard.server.origin)
    page.goto(f"{dashboard.server.origin}/?run={LONG}")
    dashboard.until(f"dash_clientside.rows.count() === argument && {PLOT}.data[0].x.at(-1) > 1.19e6", rows)
    held = long_run[::2]
    np.testing.assert_array_equal(
        page.evaluate("dash_clientside.rows.valuesAt(700001).values"), held[SPIKE // 2], "a row is the step's own"
    )

    # It is drawn, at its step, and every other pixel column has the least and the greatest of its steps.
    area, end = dashboard.area("metrics"), _axis(dashboard, "xaxis")["range"][1]
    width = end / round(area.width)
    for column, (x, y) in enumerate(_traces(dashboard)[name] for name in NAMES):
        assert len(x) <= 2 * round(area.width) + 2
        of = np.floor(x / width).astype(int)
        for k in np.unique(of)[1:-1]:
            steps = np.arange(math.ceil(k * width), math.ceil((k + 1) * width))
            inside = long_run[steps[2:-2] - 1, column]  # a row's extremes are also of the step before it
            assert y[of == k].min() <= inside.min()
            assert y[of == k].max() >= inside.max()
            near = long_run[max(0, steps[0] - 3) : steps[-1] + 3, column]
            assert y[of == k].min() >= near.min()
            assert y[of == k].max() <= near.max()
    x, y = _traces(dashboard)["D loss"]
    assert (y.max(), abs(x[y.argmax()] - SPIKE) <= 1) == (9.5, True)

    # On the screen: D's violet up there, in that column alone; and its number at the edge, for eyes and ears.
    top = replace(area, height=0.25 * area.height, top=area.top + 0.05 * area.height)
    seen = dashboard.screenshot(top)[..., :3].astype(int)
    violet = (seen[..., 2] - seen[..., 1] > 60).sum(axis=0)
    (columns,) = np.nonzero(violet > 0.5 * len(seen))
    assert 1 <= len(columns) <= 4
    assert columns.mean() / area.width == pytest.approx(SPIKE / end, abs=2.5 / area.width)
    mark = page.locator(".off-scale .above.farthest")
    expect(mark).to_have_text("▲9.5")
    box = mark.locator("b").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] / 2 == pytest.approx(area.left + SPIKE / end * area.width, abs=3)
    expect(dashboard.layer("metrics")).to_have_attribute(
        "aria-description", "Off the scale: D loss up to 9.5 at step 700,001"
    )

    # In the numbers: of the column that is pointed at, beside the own ones of the step.
    at = dashboard.point_at_step(SPIKE)
    dashboard.until("dash_clientside.state.view.preview === argument", at)
    step, own = dashboard.numbers()
    assert own == pytest.approx(long_run[step - 1].tolist(), abs=5.1e-5)
    thin = dashboard.notes("metrics").locator("dd .thin").all_inner_texts()
    assert thin[0].endswith("–9.5")
    assert thin[1].startswith("0–")
    said = dashboard.notes("metrics").locator(".over").inner_text()
    first, last = (int(word.replace(",", "")) for word in said.split() if word[0].isdigit())
    assert first <= SPIKE <= last
    assert last - first == pytest.approx(3 * width, abs=2)  # of three columns: nobody points more exactly

    # Smoothed: the average over every row that there is, and the raw curve behind it.
    _choose(dashboard, "smoothing", "0.9999")
    weight, total, weights = 0.9999**2, 0.0, 0.0
    smooth = np.empty(rows)
    for i, value in enumerate(held[:, 0].tolist()):
        total, weights = total * weight + value, weights * weight + 1
        smooth[i] = total / weights
    drawn = _traces(dashboard)
    x, y = drawn["D loss, smoothed"]
    np.testing.assert_allclose(y, smooth[(x.astype(int) - 1) // 2], rtol=1e-5)
    assert drawn["D loss"][1].max() == 9.5
    opacity = page.evaluate(f"Object.fromEntries({PLOT}.data.map((t) => [t.name, t.opacity]))")
    assert opacity["D loss"] < 0.5 < opacity["D loss, smoothed"]

    # A part of the steps: all its rows are drawn, and the spike as wide as its steps.
    _choose(dashboard, "smoothing", "0")
    low, high = 0, STEPS
    while high - low > 400:
        part = max((high - low) // 20, 40)
        _drag(dashboard, SPIKE - part, SPIKE + part)
        low, high = _axis(dashboard, "xaxis")["range"]
    assert low < SPIKE < high
    x, y = _traces(dashboard)["D loss"]
    shown = np.arange(math.ceil(low / 2) * 2 + 1, high, 2)
    assert set(shown) <= set(x)
    assert (y.max(), x[y.argmax()]) == (9.5, SPIKE + 1)

    # Axes: with room for all; and one that a zero cannot be on.
    _choose(dashboard, "scale", "fit")
    bottom, top_end = _axis(dashboard, "yaxis")["range"]
    assert bottom <= 0
    assert 9.5 <= top_end < 12
    expect(page.locator(".off-scale span")).to_have_count(0)
    _choose(dashboard, "scale", "log")
    axis = _axis(dashboard, "yaxis")
    assert (axis["type"], 10 ** axis["range"][1] >= 9.5) == ("log", True)
    expect(page.locator(".off-scale .below.farthest")).to_have_text("▼0")
    accuracy = _traces(dashboard)["D accuracy"][1]
    assert accuracy.min() == pytest.approx(10 ** axis["range"][0])
    page.keyboard.press("Escape")
    page.locator("#curve-whole").click()
    dashboard.until("dash_clientside.zoom.range() === null")


def test_each_column_has_its_least_and_greatest(dashboard: DashboardPage) -> None:
    """Of rows with gaps, with and without extremes, on either step axis: against a search through all of them."""
    dashboard.open()
    random = np.random.default_rng(2)
    for stride, logarithmic, count in ((1, False, 4_000), (1, True, 30_000), (8, False, 20_000), (8, True, 3_000)):
        rows = random.normal(size=(count, 4)).astype(np.float32)
        rows[random.random((count, 4)) < 0.2] = np.nan
        rows[: count // 3, 3] = np.nan
        extremes = np.hstack((rows - random.random((count, 4)), rows + random.random((count, 4)))).astype(np.float32)
        of_each = extremes if stride > 1 else np.hstack((rows, rows))
        last = 1 + (count - 1) * stride
        drawn, between = dashboard.page.evaluate(
            """({ stride, logarithmic, rows, extremes, last }) => {
                const held = new dash_clientside.rows.Rows();
                const numbers = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
                [rows, extremes] = [numbers(rows), numbers(extremes)];
                held.append({ stride, from: 0, metrics: new Float32Array(0) });
                const half = 4 * Math.floor(rows.length / 8);
                for (const [from, to] of [[0, half], [half, rows.length]]) {
                    const metrics = rows.slice(from, to);
                    const more = stride > 1 ? { extremes: extremes.slice(2 * from, 2 * to) } : {};
                    held.append({ stride, from: from / 4, metrics, ...more });
                }
                const [decades, whole] = [Math.log10(last) * 1.01, last * 1.01];
                const axis = logarithmic
                    ? { toFraction: (s) => Math.log10(s) / decades, toStep: (f) => 10 ** (f * decades) }
                    : { toFraction: (s) => s / whole, toStep: (f) => f * whole };
                const curve = (column) => {
                    const { x, y } = held.decimate(column, 100, axis);
                    return [x, y.map((value) => Number.isNaN(value) ? null : value)];
                };
                return [[0, 1, 2, 3].map(curve), held.between(last / 2, last / 2 + 99)];
            }""",
            {
                "stride": stride,
                "logarithmic": logarithmic,
                "rows": base64.b64encode(rows.tobytes()).decode(),
                "extremes": base64.b64encode(extremes.tobytes()).decode(),
                "last": last,
            },
        )
        steps = 1 + stride * np.arange(count)

        along = np.log10 if logarithmic else np.asarray
        bucket = np.floor(100 / 1.01 * along(steps) / along(last)).astype(int)
        for column, (x, y) in enumerate(drawn):
            x, y = np.array(x), np.array([np.nan if v is None else v for v in y])
            assert (np.diff(x) >= 0).all()
            of = np.floor(100 / 1.01 * along(x) / along(last)).astype(int)
            for k in np.unique(bucket)[:-1]:
                inside = of_each[bucket == k]
                mine = y[of == k]
                if np.isnan(inside[:, column]).all():
                    assert np.isnan(mine).all()
                    continue
                assert np.nanmin(mine) == np.nanmin(inside[:, column]), (stride, k)
                assert np.nanmax(mine) == np.nanmax(inside[:, column + 4]), (stride, k)
        spans = of_each[(steps >= last / 2) & (steps <= last / 2 + 99)]
        assert between["low"][:3] == pytest.approx(np.nanmin(spans, axis=0)[:3])
        assert between["high"][:3] == pytest.approx(np.nanmax(spans, axis=0)[4:7])


# -- a part of the steps -----------------------------------------------------------------------------------------------


def test_a_part_of_the_steps(dashboard: DashboardPage) -> None:
    server = dashboard.server
    server.train(60)
    server.command("set", values={"lr_g": 0.003})
    server.train(140)
    page = dashboard.open().without_reruns().page
    dashboard.until("dash_clientside.rows.count() === 200")
    first, last = _drag(dashboard, 40, 120)
    dashboard.until("s.view.live && s.view.preview !== null")  # a drag is no click
    assert _axis(dashboard, "xaxis")["range"] == [first, last]
    x, y = _traces(dashboard)["G loss"]
    assert (x[0], x[-1]) == (first - 1, last + 1), "it goes on to the edges"
    np.testing.assert_array_equal(y[1:-1].astype(np.float32), server.metrics()[first - 1 : last, 2])

    # Pointing, clicking, the linked cursor and the mark of a change follow the part.
    at = dashboard.point_at_step(80)
    assert at == pytest.approx(80, abs=1)
    dashboard.until("s.view.preview === argument", at)
    cursor, area = dashboard.cursor("metrics").bounding_box(), dashboard.area("metrics")
    assert cursor is not None
    assert (cursor["x"] + 1 - area.left) / area.width == pytest.approx((at - first) / (last - first), abs=0.01)
    mark = page.evaluate(f"{PLOT}.layout.annotations.find((a) => a.text.startsWith('lr_g')).x")
    assert mark == 61
    page.mouse.down()
    page.mouse.up()
    dashboard.until("!s.view.live && s.view.step === argument", at)

    # It stays put while training goes on; so does the kymograph's, which is painted over the same axis.
    server.train(400)
    dashboard.until("dash_clientside.rows.count() === 600")
    assert _axis(dashboard, "xaxis")["range"] == [first, last]
    page.locator("label[for=curves-view-strata]").click()
    expect(page.locator("#curve-scale")).to_be_hidden()
    painted = dashboard.canvas("metrics")
    assert (painted[..., 3] > 0).any()
    seen = np.flatnonzero((painted[..., 3] == 255).mean(axis=0) > 0.02) / painted.shape[1]
    looks = [step for step in server.kept() if first <= step <= last]
    for look in looks:
        assert np.abs(seen - (look - first) / (last - first)).min() < 0.02
    page.locator("label[for=curves-view-losses]").click()

    # A double click shows all again, and leaves the view as it was before its first click.
    dashboard.point_at_step(60)
    page.mouse.dblclick(*_middle(dashboard))
    dashboard.until("dash_clientside.zoom.range() === null && !s.view.live && s.view.step === argument", at)
    assert _axis(dashboard, "xaxis")["range"] == [0, pytest.approx(612)]
    expect(page.locator("#curve-whole")).to_be_hidden()

    # The keyboard can do the same.
    dashboard.leave()
    dashboard.layer("metrics").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    low, high = _axis(dashboard, "xaxis")["range"]
    assert low <= at <= high
    assert high - low == pytest.approx(612 / 4, abs=3)
    expect(page.locator("#cursor-words")).to_have_text(f"steps {low:,} to {high:,}")
    page.keyboard.press("-")
    assert np.ptp(_axis(dashboard, "xaxis")["range"]) == pytest.approx(612 / 2, abs=4)
    page.keyboard.press("0")
    assert _axis(dashboard, "xaxis")["range"][0] == 0
    page.keyboard.press("+")
    server.command("reset")
    dashboard.until("s.status.step === 0 && dash_clientside.zoom.range() === null")


def _middle(dashboard: DashboardPage) -> tuple[float, float]:
    area = dashboard.area("metrics")
    return area.left + area.width / 2, area.top + area.height / 2


def test_choices_are_remembered_and_fit_a_phone(dashboard: DashboardPage) -> None:
    dashboard.server.train(*[20] * 6)
    page = dashboard.open().page
    _choose(dashboard, "scale", "log")
    _choose(dashboard, "smoothing", "0.9")
    dashboard.open(size=PHONE)
    dashboard.until("dash_clientside.rows.count() === 120 && dash_clientside.readings.lastStep() === 120")
    assert [page.locator(f"#curve-{what}").input_value() for what in ("scale", "smoothing")] == ["log", "0.9"]
    dashboard.until(f"{PLOT}.layout.yaxis.type === 'log'")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    for what in ("scale", "smoothing"):
        box = page.locator(f"#curve-{what}").bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= PHONE[0]

    # Readings are smoothed over the steps between the looks; what goes below zero has no logarithmic axis.
    page.locator("label[for=curves-view-chase]").click()
    assert _axis(dashboard, "yaxis")["type"] == "linear"
    assert page.locator("#curve-scale option[value=log]").is_disabled()
    drawn = _traces(dashboard)
    x, raw = drawn["chase"]
    total, weights, expected = 0.0, 0.0, []
    for gap, value in zip(np.diff(x, prepend=x[0]).tolist(), raw.tolist(), strict=True):
        total, weights = total * 0.9**gap, weights * 0.9**gap
        if not math.isnan(value):
            total, weights = total + value, weights + 1
        expected.append(total / weights if not math.isnan(value) else math.nan)
    np.testing.assert_allclose(drawn["chase, smoothed"][1], expected, rtol=1e-6)
