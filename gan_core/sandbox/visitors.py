"""Who has a session, who gets one, and who has to give his back.

A visitor is known by a token of 128 random bits in the address and a cookie. It names a folder for his runs, which
stays when his server ends, so that he finds them, and the run that was open, when he comes back. What is kept of a
token is its digest: neither the disk nor the time that looking it up takes says anything about tokens.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gan_core.sandbox.child import Child, NotStarted
from gan_core.sandbox.shares import Share

BOUNCED = 60.0  # seconds without a request after which a visitor has gone, if somebody else wants to come in
IDLE = 30 * 60.0  # seconds without a request after which he has gone in any case
BESIDE_RUNS = "visitors"  # their folder, in the folder of runs
KEPT = 4  # folders for each session that there can be: when there are more, the one that was left longest ago goes
LOOK = 2.0  # seconds between two looks at who is there
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")

Start = Callable[[str, Path, Share], Awaitable[Child]]  # token, folder, share -> a server that listens


class Full(Exception):
    """All sessions are taken."""


class Unknown(Exception):
    """No visitor has this token."""


class Ended(Exception):
    """The server ended, and why, as a key of the texts."""


@dataclass
class _Session:
    """A server for one visitor, who may not have come yet."""

    share: Share
    folder: Path
    seen: float  # when somebody last asked it for something
    child: asyncio.Task[Child]
    in_use: int = 0  # requests that are being answered
    taken: bool = True  # False: a spare one, for the next visitor
    token: str = field(default="", repr=False)  # of a spare one

    def running(self) -> Child | None:
        """Its process, once it listens and as long as it lives."""
        if not self.child.done() or self.child.cancelled() or self.child.exception() is not None:
            return None
        return self.child.result() if self.child.result().alive else None


class Visitors:
    """All of them. Everything runs on one event loop."""

    def __init__(
        self, shares: Sequence[Share], folder: Path, start: Start, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Runs are kept in folders under `folder`; `start` starts a server."""
        self._free, self._folder, self._start, self._clock = list(shares), folder, start, clock
        self._sessions: dict[str, _Session] = {}  # by the digest of a token
        self._why: dict[str, str] = {}  # why a server was ended
        self._kept = KEPT * len(shares)
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def taken(self) -> int:
        """How many sessions have a visitor."""
        return sum(session.taken for session in self._sessions.values())

    def known(self, token: str) -> bool:
        """Whether a visitor has this token."""
        return _TOKEN.fullmatch(token) is not None and (
            _digest(token) in self._sessions or (self._folder / _digest(token)).is_dir()
        )

    def newcomer(self) -> str:
        """Give somebody a session; returns his token. It may not listen yet. Raises Full."""
        spare = next((one for one in self._sessions.values() if not one.taken), None)
        if spare is not None:
            spare.taken, spare.seen, token, spare.token = True, self._clock(), spare.token, ""
            return token
        token = secrets.token_urlsafe(16)
        self._begin(token)
        return token

    async def server_of(self, token: str) -> Child:
        """A visitor's server, once it listens; begun again if it has ended. Raises Unknown, Full and Ended."""
        if not self.known(token):
            raise Unknown
        key = _digest(token)
        if key in self._why:
            raise Ended(self._why[key])
        session = self._sessions.get(key)
        if session is not None and session.child.done() and session.running() is None:
            self._let_go(key)
            session = None
        if session is None:
            session = self._begin(token)
        session.seen = self._clock()
        try:
            return await asyncio.shield(session.child)
        except NotStarted:
            self._let_go(key)
            raise Ended("sandbox.not-started") from None

    def again(self, token: str) -> None:
        """Let a visitor whose server was ended begin another one."""
        self._why.pop(_digest(token), None)

    def asks(self, token: str, beginning: bool) -> None:
        """A visitor's request begins or ends."""
        session = self._sessions.get(_digest(token))
        if session is not None:
            session.in_use += 1 if beginning else -1
            session.seen = self._clock()

    async def watch(self) -> None:
        """Look after them for ever: who takes too much, who has gone, and that the next one need not wait."""
        while True:
            self.look()
            await asyncio.sleep(LOOK)

    def look(self) -> None:
        """End who takes more memory than his share, or has gone; keep one server ready for whoever comes next."""
        now = self._clock()
        for key, session in list(self._sessions.items()):
            child = session.running()
            if child is not None and child.memory() > session.share.memory:
                self._why[key] = "sandbox.memory"
                self._let_go(key)
            elif session.taken and not session.in_use and now - session.seen > IDLE:
                self._let_go(key)
        if self._free and all(session.taken for session in self._sessions.values()):
            token = secrets.token_urlsafe(16)
            session = self._begin(token)
            session.taken, session.token = False, token

    async def close(self) -> None:
        """End all of them."""
        for key in list(self._sessions):
            self._let_go(key)
        await asyncio.gather(*self._ending)

    def _begin(self, token: str) -> _Session:
        if not self._free:
            self._make_room()
        share, key = self._free.pop(0), _digest(token)
        folder = self._folder / key
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # so that it is the last to be removed
        child = asyncio.ensure_future(self._start(token, folder, share))
        child.add_done_callback(lambda task: task.cancelled() or task.exception())  # told to whoever asks
        self._sessions[key] = session = _Session(share, folder, self._clock(), child)
        self._tidy()
        return session

    def _make_room(self) -> None:
        """End the session that nobody uses for longest. A page that is open asks several times a second."""
        now = self._clock()
        gone = [
            key for key, one in self._sessions.items() if not one.taken or (not one.in_use and now - one.seen > BOUNCED)
        ]
        if not gone:
            raise Full
        self._let_go(min(gone, key=lambda key: self._sessions[key].seen))

    def _let_go(self, key: str) -> None:
        session = self._sessions.pop(key)
        self._free.append(session.share)
        ending = asyncio.ensure_future(_end(session))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def _tidy(self) -> None:
        """Remove the folders that were left longest ago, when there are too many."""
        left = [one for one in self._folder.iterdir() if one.is_dir() and one.name not in self._sessions]
        left.sort(key=lambda one: one.stat().st_mtime)
        for folder in left[: max(0, len(left) + len(self._sessions) - self._kept)]:
            shutil.rmtree(folder, ignore_errors=True)


async def _end(session: _Session) -> None:
    if not session.child.done():
        session.child.cancel()
    try:
        child = await session.child
    except (asyncio.CancelledError, NotStarted):
        return
    await child.end()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:32]
