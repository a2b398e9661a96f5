"""The page at other addresses than its own: behind nginx and Jupyter, below a path, and refused with what to do."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from conftest import QUICK
from dashboard_page import DashboardPage, Watch
from gan_core.system.addresses import reached_at
from live_server import COARSE, LiveServer
from ports import free_port
from proxies import jupyter, nginx

KEPT_HOST = "proxy_set_header Host $http_host;"
UPLOAD = """async (name) => {
    const app = dash_clientside;
    const points = Array.from({ length: 300 }, (_, i) => `${Math.cos(i)},${Math.sin(2 * i)}`);
    const file = new File([["x,y", ...points].join("\\n")], `${name}.csv`);
    const { said, why } = await app.files.send(file, `/api/data?name=${name}.csv`, () => {}).answer;
    return why || said.target;
}"""


@dataclass(frozen=True)
class Behind:
    """A server that knows the path below which proxies show it, and where they do."""

    server: LiveServer
    base: str
    port: dict[str, int]  # of each proxy

    def at(self, proxy: str) -> LiveServer:
        return self.server.seen_at(f"http://127.0.0.1:{self.port[proxy]}{self.base}")


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    """nginx takes the path off, or passes it on; it rewrites Host, or drops its port. Jupyter takes it off, too."""
    here = free_port()
    base = f"/user/me/proxy/{here}"
    ports = {name: free_port() for name in ("strips", "keeps", "rewrites", "drops", "jupyter", "notebook", "stranger")}
    to = f"proxy_pass http://127.0.0.1:{here}"
    sites = {
        "strips": f"location {base}/ {{ {to}/; {KEPT_HOST} }}",
        "keeps": f"location {base}/ {{ {to}; {KEPT_HOST} }}",
        "rewrites": f"location {base}/ {{ {to}; }}",
        "drops": f"location {base}/ {{ {to}; proxy_bind 127.0.0.9; proxy_set_header Host $host; }}",
    }
    cell = f'<iframe src="http://127.0.0.1:{here}/" width=1200 height=900></iframe>'
    site = f"location / {{ default_type text/html; return 200 '{cell}'; }}"
    sites |= dict.fromkeys(("notebook", "stranger"), site)
    ancestor = f"http://127.0.0.1:{ports['notebook']}"
    options = ("--host", "0.0.0.0", "--base-path", base, "--trust-proxy", "127.0.0.9", "--frame-ancestor", ancestor)
    server = LiveServer(*QUICK, *options, script=COARSE, port=here)
    try:
        with nginx({ports[name]: site for name, site in sites.items()}):
            yield Behind(server, base, ports)
    finally:
        server.stop()


def use(dashboard: DashboardPage, base: str) -> None:
    """Look at the page, steer, upload, compare and come back, with nothing asked for outside of the path."""
    strayed: list[str] = []

    def note(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme == "http" and not f"{parts.path}/".startswith(f"{base}/"):
            strayed.append(request.url)

    page = dashboard.page
    page.on("request", note)
    dashboard.open()
    expect(page.locator("#astray")).to_have_count(0)
    step = int(dashboard.server.status()["step"])
    page.locator("#step-once").click()
    dashboard.expect_step(step + 1)
    assert page.evaluate(UPLOAD, "uploaded").startswith("csv-")
    page.goto(f"{dashboard.server.origin}/compare")
    expect(page.get_by_role("alert")).to_contain_text("Choose the first of two runs.")
    page.get_by_role("link", name="To the live run").click()
    dashboard.expect_step(step + 1)
    page.remove_listener("request", note)
    assert strayed == []


@pytest.mark.parametrize("proxy", ["strips", "keeps"])
def test_below_a_path_of_nginx(page: Page, watch: Watch, behind: Behind, proxy: str) -> None:
    use(DashboardPage(page, behind.at(proxy), watch), behind.base)


def test_below_a_path_of_jupyter(page: Page, watch: Watch, behind: Behind) -> None:
    with jupyter(behind.port["jupyter"], "/user/me/"):
        use(DashboardPage(page, behind.at("jupyter"), watch), behind.base)


def test_its_own_port_goes_on_working(behind: Behind) -> None:
    for path in ("/", f"{behind.base}/", f"{behind.base}/assets/app.js", "/healthz", f"{behind.base}/healthz"):
        assert behind.server.get(path)


def test_on_every_address_it_is_found_at_this_machines(behind: Behind) -> None:
    """At those that it prints: its page is let in there, and still no other."""
    for address in reached_at("0.0.0.0"):
        origin = f"http://{address}:{behind.server.port}"
        assert answer_to(behind.server.seen_at(origin), origin) == (200, "")
        assert answer_to(behind.server.seen_at(origin), "http://evil.example") == (
            403,
            "--allow-origin http://evil.example",
        )


def answer_to(server: LiveServer, origin: str) -> tuple[int, str]:
    """What a page of an origin is answered: status, and the option that it is told is missing."""
    request = urllib.request.Request(f"{server.origin}/healthz", headers={"Origin": origin})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status), ""
    except urllib.error.HTTPError as error:
        return error.code, str(json.load(error)["option"])


def test_what_nginx_does_to_host(behind: Behind) -> None:
    """Passed on, the page is the server's own; rewritten, it is another's; without its port, whose proxy is named."""
    for proxy, lets_in in (("keeps", True), ("rewrites", False), ("drops", True)):
        server = behind.at(proxy)
        origin = f"http://127.0.0.1:{behind.port[proxy]}"
        assert answer_to(server, origin) == ((200, "") if lets_in else (403, f"--allow-origin {origin}")), proxy
        assert answer_to(server, "https://evil.example") == (403, "--allow-origin https://evil.example")


def test_in_a_frame_of_a_notebook(page: Page, watch: Watch, behind: Behind) -> None:
    """It is used there as in a tab; a page that no option names gets none of it."""
    watch.tolerate("frame-ancestors")
    watch.allow(behind.server.origin)
    for name in ("notebook", "stranger"):
        watch.allow(f"http://127.0.0.1:{behind.port[name]}")
    page.goto(f"http://127.0.0.1:{behind.port['notebook']}/")
    framed = page.frame_locator("iframe")
    step = int(behind.server.status()["step"])
    framed.locator("#step-once").click()
    expect(framed.locator("#samples-panel")).to_have_attribute("data-step", str(step + 1))
    expect(framed.locator("html")).not_to_have_class(re.compile("embedded"))
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"http://127.0.0.1:{behind.port['stranger']}/")
    expect(framed.locator("#samples-panel")).to_have_count(0)


def test_a_page_that_may_not_steer_says_which_option_is_missing(page: Page, watch: Watch, behind: Behind) -> None:
    watch.tolerate("403")
    dashboard = DashboardPage(page, behind.at("rewrites"), watch)
    dashboard.open()
    page.get_by_text("20th", exact=True).click()
    told = page.locator("#failure")
    expect(told).to_contain_text(f"add --allow-origin http://127.0.0.1:{behind.port['rewrites']} to GANscope's options")


def test_a_page_below_a_path_that_nobody_told_says_which_option_is_missing(
    page: Page, watch: Watch, coarse_server: LiveServer
) -> None:
    watch.detach(page)  # nothing of it is there
    port = free_port()
    to = f"proxy_pass http://127.0.0.1:{coarse_server.port}"
    with nginx({port: f"location /gan/ {{ {to}/; {KEPT_HOST} }} location /keeps/ {{ {to}; {KEPT_HOST} }}"}):
        for path in ("/gan/", "/gan/compare"):
            page.goto(f"http://127.0.0.1:{port}{path}")
            told = page.get_by_role("alert")
            expect(told).to_be_visible()
            expect(told).to_contain_text("Add --base-path /gan to GANscope's options.")
        page.goto(f"http://127.0.0.1:{port}/keeps/")
        expect(page.get_by_role("main")).to_contain_text("add --base-path /keeps to GANscope's options.")
