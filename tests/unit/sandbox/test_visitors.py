"""Who gets a session, and who has to give his back: with servers that are none, and a clock of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import event_loop
from gan_core.sandbox.child import NotStarted
from gan_core.sandbox.shares import Share
from gan_core.sandbox.visitors import BOUNCED, IDLE, KEPT, Ended, Full, Unknown, Visitors

MEMORY = 1000


class FakeChild:
    def __init__(self, token: str, folder: Path, share: Share) -> None:
        self.token, self.folder, self.share = token, folder, share
        self.alive, self.used, self.ends = True, 0, 0

    def memory(self) -> int:
        return self.used

    async def end(self) -> None:
        self.alive = False
        self.ends += 1


class Bench:
    """Visitors of `count` sessions, what was started for them, and the time."""

    def __init__(self, folder: Path, count: int) -> None:
        self.now = 0.0
        self.started: list[FakeChild] = []
        self.trouble: Exception | None = None
        self.folder = folder
        parts = [Share((number,), MEMORY) for number in range(count)]
        self.visitors = Visitors(parts, folder, self._start, lambda: self.now)  # type: ignore[arg-type]

    async def _start(self, token: str, folder: Path, share: Share) -> FakeChild:
        if self.trouble is not None:
            raise self.trouble
        child = FakeChild(token, folder, share)
        self.started.append(child)
        return child

    async def come(self) -> tuple[str, Any]:
        token = self.visitors.newcomer()
        return token, await self.visitors.server_of(token)


Case = Callable[[Bench], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Run a case on an event loop."""

    def run(case: Case, count: int = 2) -> None:
        async def whole() -> None:
            bench = Bench(tmp_path / "visitors", count)
            await case(bench)
            await bench.visitors.close()
            assert not any(child.alive for child in bench.started)

        event_loop.run(whole)

    return run


def test_each_newcomer_has_a_server_folder_and_share_of_his_own(play: Callable[..., None]) -> None:
    async def case(bench: Bench) -> None:
        (one, first), (other, second) = await bench.come(), await bench.come()
        assert one != other
        assert (first.token, second.token) == (one, other)
        assert first.folder != second.folder
        assert {first.share.cores, second.share.cores} == {(0,), (1,)}
        assert await bench.visitors.server_of(one) is first  # and keeps it
        assert bench.visitors.taken == 2
        assert one not in str(first.folder)  # the disk does not tell tokens

    play(case)


def test_nobody_is_put_out_who_is_there_and_whoever_is_gone_for_a_minute_makes_room(play: Callable[..., None]) -> None:
    async def case(bench: Bench) -> None:
        (_, first), (other, second) = await bench.come(), await bench.come()
        with pytest.raises(Full):
            bench.visitors.newcomer()
        bench.now += BOUNCED + 1
        await bench.visitors.server_of(other)
        await bench.come()
        await asyncio.sleep(0)
        assert (first.alive, second.alive) == (False, True)
        bench.visitors.asks(other, beginning=True)  # a request that is held counts for as long as it is
        bench.now += 10 * IDLE
        bench.visitors.look()
        assert second.alive
        bench.visitors.newcomer()
        with pytest.raises(Full):
            bench.visitors.newcomer()

    play(case)


def test_whoever_comes_back_finds_his_folder_by_his_token_alone(play: Callable[..., None]) -> None:
    async def case(bench: Bench) -> None:
        token, first = await bench.come()
        bench.now += IDLE + 1
        bench.visitors.look()
        await asyncio.sleep(0)
        assert not first.alive
        assert bench.visitors.taken == 0
        again = await bench.visitors.server_of(token)
        assert again is not first
        assert again.folder == first.folder
        for wrong in ("", "x" * 22, token[:-1], f"{token}/..", "../" + token, token.lower()):
            assert not bench.visitors.known(wrong)
            with pytest.raises(Unknown):
                await bench.visitors.server_of(wrong)

    play(case)


def test_one_who_takes_more_memory_than_his_share_is_ended_and_told(play: Callable[..., None]) -> None:
    async def case(bench: Bench) -> None:
        (token, greedy), (_, other) = await bench.come(), await bench.come()
        greedy.used, other.used = MEMORY + 1, MEMORY
        bench.visitors.look()
        await asyncio.sleep(0)
        assert (greedy.alive, other.alive) == (False, True)
        for _ in range(2):  # a page that asks on begins nothing
            with pytest.raises(Ended, match=r"sandbox\.memory"):
                await bench.visitors.server_of(token)
        bench.visitors.again(token)
        assert (await bench.visitors.server_of(token)).folder == greedy.folder

    play(case)


def test_a_server_that_has_died_is_begun_again_and_one_that_does_not_start_is_said(play: Callable[..., None]) -> None:
    async def case(bench: Bench) -> None:
        token, first = await bench.come()
        first.alive = False
        second = await bench.visitors.server_of(token)
        assert second is not first
        second.alive = False
        bench.trouble = NotStarted("no memory")
        with pytest.raises(Ended, match=r"sandbox\.not-started"):
            await bench.visitors.server_of(token)
        bench.trouble = None
        assert (await bench.visitors.server_of(token)).alive

    play(case)


def test_one_server_is_kept_ready_for_the_next_and_takes_no_room_from_anybody(play: Callable[..., None]) -> None:
    async def case(bench: Bench) -> None:
        bench.visitors.look()
        bench.visitors.look()
        await asyncio.sleep(0)
        [spare] = bench.started
        assert bench.visitors.taken == 0
        _, first = await bench.come()
        assert first is spare
        await bench.come()
        assert bench.visitors.taken == 2
        bench.visitors.look()
        assert len(bench.started) == 2

    play(case)


def test_folders_do_not_grow_without_limit_and_those_in_use_stay(play: Callable[..., None], tmp_path: Path) -> None:
    async def case(bench: Bench) -> None:
        stays, _ = await bench.come()
        for _ in range(3 * KEPT):
            bench.now += BOUNCED + 1
            await bench.visitors.server_of(stays)
            await bench.come()
        assert len(list(bench.folder.iterdir())) <= 2 * KEPT
        assert bench.visitors.known(stays)

    play(case)
