"""One address for all visitors: who is sent where, and that requests and answers pass through unchanged."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import uvicorn
from yarl import URL

import event_loop
from gan_core.sandbox.child import Child, NotStarted
from gan_core.sandbox.front import COOKIE, Front
from gan_core.sandbox.shares import Share
from gan_core.sandbox.visitors import Visitors
from waiting import until

ECHO = Path(__file__).with_name("echo_server.py")
ROOT = Path(__file__).parents[3]
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}
SHARE = Share((0,), 10**9)

Case = Callable[["Visit"], Coroutine[Any, Any, None]]


async def start(token: str, folder: Path, share: Share) -> Child:
    return await Child.started([sys.executable, str(ECHO), token, folder.name], ENVIRON, share)


class Visit:
    """A browser of so many, each with cookies of its own."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def get(self, path: str, **more: Any) -> aiohttp.ClientResponse:
        answer = await self.browser.get(URL(self.origin + path, encoded=True), **more)
        await answer.read()
        return answer

    async def come(self, path: str = "/") -> str:
        """Open the start page; returns the path it leads to."""
        answer = await self.get(path, allow_redirects=False)
        assert answer.status == 303
        return answer.headers["Location"]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    def run(case: Case, count: int = 2, base: str = "") -> None:
        async def whole() -> None:
            visitors = Visitors([SHARE] * count, tmp_path, start)
            config = uvicorn.Config(Front(visitors, lambda scope: None, base), port=0, log_config=None, lifespan="on")
            server = uvicorn.Server(config)
            serving = asyncio.ensure_future(server.serve())
            while not server.started:
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            visit = Visit(f"http://127.0.0.1:{port}")
            try:
                await case(visit)
            finally:
                await visit.browser.close()
                server.should_exit = True
                await serving

        event_loop.run(whole)

    return run


def test_a_newcomer_is_sent_to_a_session_and_comes_back_to_it(play: Callable[..., None]) -> None:
    async def case(visit: Visit) -> None:
        where = await visit.come("/?seed=3&x=%2F")
        assert where.startswith("/s/")
        assert where.endswith("/?seed=3&x=%2F")
        assert await visit.come("/compare?a=1") == where.split("?")[0] + "compare?a=1"
        other = Visit(visit.origin)
        assert (await other.come()).split("/")[2] != where.split("/")[2]
        third = Visit(visit.origin)
        full = await third.get("/")
        assert full.status == 503
        assert 'http-equiv="refresh"' in await full.text()
        assert not full.cookies
        health = await (await third.get("/healthz")).json()
        assert health["sessions"] == 2
        for one in (other, third):
            await one.browser.close()

    play(case)


def test_requests_and_answers_pass_unchanged(play: Callable[..., None]) -> None:
    async def case(visit: Visit) -> None:
        room = (await visit.come()).rstrip("/")
        asked = {"Origin": "http://a.example", "X-Own": "1", "Connection": "keep-alive, x-own-hop", "TE": "trailers"}
        answer = await visit.get(f"{room}/api/frame?after=7&q=%20%2F", headers=asked)
        told = await answer.json()
        assert told["path"] == f"{room}/api/frame?after=7&q=%20%2F"
        assert told["headers"]["origin"] == f"http://{told['headers']['host']}"  # who may come in was decided before
        assert told["headers"]["host"].startswith("127.0.0.1:")
        assert told["headers"]["x-own"] == "1"
        assert "te" not in told["headers"]
        assert answer.headers.getall("X-Twice") == ["a", "b"]
        assert room.startswith("/gan/s/")
        assert (
            await visit.get(f"{room.removeprefix('/gan')}/teapot")
        ).status == 418  # and without the base, as behind one that strips it
        sent = os.urandom(3_000_000)

        async def parts() -> AsyncIterator[bytes]:
            for at in range(0, len(sent), 100_000):
                yield sent[at : at + 100_000]

        for body in (io.BytesIO(sent), parts()):
            posted = await visit.browser.post(f"{visit.origin}{room}/api/upload", data=body)
            told = await posted.json()
            assert (told["method"], told["bytes"]) == ("POST", len(sent))
            assert told["sha256"] == hashlib.sha256(sent).hexdigest()

    play(case, base="/gan")


def test_wrong_tokens_are_told_where_sessions_begin_and_start_nothing(play: Callable[..., None]) -> None:
    async def case(visit: Visit) -> None:
        for token in ("x" * 22, "..", "%2e%2e", "a/../b", ""):
            page = await visit.get(f"/s/{token}/")
            assert page.status == 404
        answer = await visit.get(f"/s/{'x' * 22}/api/status")
        assert answer.status == 404
        assert "error" in json.loads(await answer.text())
        assert (await visit.get("/api/status")).status == 404
        forged = await visit.get("/", headers={"Cookie": f"{COOKIE}={'x' * 22}"}, allow_redirects=False)
        assert "x" * 22 not in forged.headers["Location"]
        health = await (await visit.get("/healthz")).json()
        assert health["sessions"] == 1

    play(case)


def test_a_server_that_ends_in_the_middle_is_said_and_the_next_request_has_another(play: Callable[..., None]) -> None:
    async def case(visit: Visit) -> None:
        room = (await visit.come()).rstrip("/")
        first = (await (await visit.get(f"{room}/api/x")).json())["pid"]
        ends = await visit.get(f"{room}/ends")
        assert ends.status == 502
        assert "error" in await ends.json()
        while (answer := await visit.get(f"{room}/api/x")).status != 200:  # until its end is noticed
            await asyncio.sleep(0.01)
        again = await answer.json()
        assert again["pid"] != first
        assert again["who"] == (await (await visit.get(f"{room}/api/y")).json())["who"]

    play(case)


def test_a_server_that_does_not_start_is_said_with_its_status() -> None:
    async def case() -> None:
        with pytest.raises(NotStarted, match="status 2"):
            await Child.started([sys.executable, str(ECHO), "fails"], ENVIRON, SHARE)
        with pytest.raises(NotStarted):
            await Child.started(["/no/such/program"], ENVIRON, SHARE)

    event_loop.run(case)


def test_a_server_keeps_to_its_cores_and_ends_with_the_process_that_started_it() -> None:
    core = max(os.sched_getaffinity(0))
    script = (
        "import asyncio, os, psutil, sys\n"
        "from gan_core.sandbox.child import Child\n"
        "from gan_core.sandbox.shares import Share\n"
        "async def main():\n"
        f"    child = await Child.started([sys.executable, {str(ECHO)!r}], os.environ, Share(({core},), 10**9))\n"
        "    [process] = psutil.Process().children()\n"
        "    print(process.pid, child.memory(), *process.cpu_affinity(), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=ENVIRON, capture_output=True, text=True, timeout=100)
    pid, memory, *cores = (int(number) for number in done.stdout.split())
    assert cores == [core]
    assert memory > 1_000_000
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
