"""Every path of the HTTP side on a session that is not there: a fake that meets the same protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import pytest

from gan_core.dashboard.http.api import TELLING, add_routes
from gan_core.dashboard.http.application import Application
from gan_core.dashboard.http.guard import MAX_BODY_BYTES, guard
from gan_core.dashboard.http.queries import NO_STEP
from gan_core.dashboard.http.unknown import add_unknown
from gan_core.records.commands import Command, Pause, Play, Restart, SetLooking, SetPauseWhen, SetValues, StepOnce
from gan_core.records.condition import read_condition
from gan_core.records.outcomes import Refused
from gan_core.records.status import Phase, RunInfo, Status
from gan_core.records.steps import InForce
from gan_core.texts.catalogue import say
from web_client import Client

HEADERS = {"Host": "127.0.0.1:8050"}
STATUS = Status(
    phase=Phase.TRAINING,
    info=RunInfo(
        run=7,
        id="r7",
        preset="better",
        seed=3,
        device="cpu",
        precision="float32",
        threads=2,
        config={"batch": 8},
        values={"lr_g": 0.5},
        by_hand=True,
    ),
    step=42,
    steps_per_second=31.5,
    looking_share=0.15,
    looking_measured=0.14,
    pace=None,
    frames=12,
    memory_bytes=34567,
    values={"lr_g": InForce(2e-4, 40)},
    changes=1,
    error=None,
)


@dataclass
class FakeReceipt:
    step: int | None
    refusal: str | None = None

    def wait(self, timeout: float) -> int | None:
        return self.step


@dataclass
class FakeSession:
    """Answers what it was told to, and notes what it was asked."""

    state: Status = STATUS
    frame: bytes | None = b"GSC1frame"
    in_force_from: int | None = 43
    refusal: str | None = None
    sent: list[Command] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    failure: Exception | None = None
    story: bytes | Refused | None = b"GSC1told"

    def told(self, timeout: float) -> bytes | Refused | None:
        self.asked.append(("told", timeout))
        return self.story

    def send(self, command: Command) -> FakeReceipt:
        self.sent.append(command)
        return FakeReceipt(self.in_force_from, self.refusal)

    def status(self) -> Status:
        if self.failure:
            raise self.failure
        return self.state

    def frame_after(self, version: int, timeout: float, lenses: Collection[str] = ()) -> bytes | None:
        self.asked.append(("after", version, timeout, *sorted(lenses)))
        return self.frame

    def on_frame(self, wake: Callable[[], None]) -> None:
        """No frame comes."""

    def frame_at(self, step: int) -> bytes | None:
        self.asked.append(("at", step))
        return self.frame

    def points(self) -> bytes:
        return b"GSC1points"

    def progress(self, start: int, changes_from: int, readings_from: int) -> bytes:
        self.asked.append(("progress", start, changes_from, readings_from))
        return b"GSC1progress"


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def http(session: FakeSession) -> Client:
    server = Application()
    add_unknown(server)
    guard(server)
    add_routes(server, session)
    return Client(server)


def get(http: Client, path: str) -> tuple[int, bytes]:
    answer = http.get(path, headers=HEADERS)
    return answer.status_code, answer.data


def command(http: Client, body: object, **headers: str) -> tuple[int, dict]:
    answer = http.post("/api/command", headers={**HEADERS, **headers}, json=body)
    return answer.status_code, answer.get_json()


# -- reading -----------------------------------------------------------------------------------------------------------


def test_health(http: Client) -> None:
    answer = http.get("/healthz", headers=HEADERS)
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "phase": "training",
        "step": 42,
        "steps_per_second": 31.5,
        "frames": 12,
        "memory_bytes": 34567,
        "error": None,
    }


@pytest.mark.parametrize("phase", list(Phase))
def test_health_says_failed_only_when_it_is(http: Client, session: FakeSession, phase: Phase) -> None:
    error = "Training stopped." if phase is Phase.FAILED else None
    session.state = replace(STATUS, phase=phase, error=error)
    answer = http.get("/healthz", headers=HEADERS)
    assert answer.status_code == 200  # the server is well
    assert answer.get_json()["status"] == ("failed" if phase == "failed" else "ok")
    assert (answer.get_json()["phase"], answer.get_json()["error"]) == (phase.value, error)


def test_status(http: Client) -> None:
    code, data = get(http, "/api/status")
    assert code == 200
    status = json.loads(data)
    assert status["values"] == {"lr_g": {"value": 0.0002, "since": 40}}
    assert status["info"]["preset"] == "better"
    assert (status["phase"], status["step"]) == ("training", 42)


@pytest.mark.parametrize(("query", "version"), [("", 0), ("?after=0", 0), ("?after=1700000000123", 1_700_000_000_123)])
def test_newest_frame(http: Client, session: FakeSession, query: str, version: int) -> None:
    answer = http.get(f"/api/frame{query}", headers=HEADERS)
    assert (answer.status_code, answer.data) == (200, b"GSC1frame")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert session.asked == [("after", version, 0)]  # nobody waits on a thread


@pytest.mark.parametrize("accepted", [None, "", "identity", "gzip, deflate, br, zstd", "gzip;q=0", "*;q=0"])
@pytest.mark.parametrize("path", ["/api/frame?after=0", "/api/frame/5"])
def test_a_frame_is_the_same_whatever_encodings_a_client_knows(http: Client, path: str, accepted: str | None) -> None:
    """It is packed inside its envelope, so that there is nothing to agree on, or to get wrong."""
    answer = http.get(path, headers={**HEADERS, **({} if accepted is None else {"Accept-Encoding": accepted})})
    assert (answer.status_code, answer.data) == (200, b"GSC1frame")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert not {"content-encoding", "vary", "transfer-encoding"} & set(answer.headers.keys())


def test_no_newer_frame(http: Client, session: FakeSession) -> None:
    session.frame = None
    for path in ("/api/frame?after=5", "/api/frame/5"):
        answer = http.get(path, headers=HEADERS)
        assert (answer.status_code, answer.data) == (204, b"")
        assert answer.headers["Cache-Control"] == "no-store"  # there may be one the next moment


@pytest.mark.parametrize(("step", "number"), [("0", 0), ("600", 600), ("000600", 600), ("9" * 18, 10**18 - 1)])
def test_kept_frame(http: Client, session: FakeSession, step: str, number: int) -> None:
    answer = http.get(f"/api/frame/{step}", headers=HEADERS)
    assert (answer.status_code, answer.data) == (200, b"GSC1frame")
    assert answer.content_type == "application/octet-stream"
    assert session.asked == [("at", number)]


def test_points_and_progress(http: Client, session: FakeSession) -> None:
    assert get(http, "/api/points") == (200, b"GSC1points")
    assert get(http, "/api/progress") == (200, b"GSC1progress")
    assert get(http, "/api/progress?from=12&changes=3") == (200, b"GSC1progress")
    assert get(http, "/api/progress?from=12&changes=3&readings=7") == (200, b"GSC1progress")
    assert session.asked == [("progress", 0, 0, NO_STEP), ("progress", 12, 3, NO_STEP), ("progress", 12, 3, 7)]


def test_lenses(http: Client, session: FakeSession) -> None:
    assert get(http, "/api/frame?after=3&lens=tears,best-d")[0] == 200
    assert session.asked == [("after", 3, 0, "best-d", "tears")]
    status, body = get(http, "/api/frame?after=3&lens=glass")
    assert status == 400
    known = "best-d, tears, pull, mean, game, spectrum, units"
    assert json.loads(body)["error"] == f"There is no lens 'glass'; there are {known}."


NO_NUMBERS = [
    "-1",
    "1.5",
    "abc",
    "",
    "1e3",
    "+1",
    " 1",
    "1_000",
    "0x10",
    "nan",
    "²",
    "٣",
    "9" * 19,
    "9" * 5_000,
    "null",
]


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: text[:12] or "empty")
@pytest.mark.parametrize(
    ("path", "key", "named"),
    [
        ("/api/frame", "after", "after"),
        ("/api/progress", "from", "from"),
        ("/api/progress", "changes", "changes"),
    ],
)
def test_what_is_no_number_is_refused_by_name(
    http: Client, session: FakeSession, path: str, key: str, named: str, text: str
) -> None:
    answer = http.get(path, headers=HEADERS, query_string={key: text})
    assert answer.status_code == 400
    sentence = answer.get_json()["error"]
    assert sentence.startswith(named)
    assert sentence.endswith(".")
    assert len(sentence) < 200
    assert session.asked == []


@pytest.mark.parametrize("text", ["-1", "1.5", "abc", "1e3", "+1", "9" * 19, "%20", "0x10", "²"])
def test_a_step_that_is_no_number_is_refused(http: Client, session: FakeSession, text: str) -> None:
    answer = http.get(f"/api/frame/{text}", headers=HEADERS)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("STEP must be a whole number")
    assert session.asked == []


@pytest.mark.parametrize(
    ("told", "code", "error"),
    [
        (b"GSC1told", 200, None),
        (Refused("It trains."), 409, "It trains."),
        (None, 503, say("refusal.told-late")),
    ],
    ids=["told", "refused", "late"],
)
def test_a_step_is_told(
    http: Client, session: FakeSession, told: bytes | Refused | None, code: int, error: str | None
) -> None:
    session.story = told
    answer = http.post("/api/told", headers=HEADERS)
    assert answer.status_code == code
    assert answer.headers["Cache-Control"] == "no-store"
    if error is None:
        assert answer.data == told
    else:
        assert answer.get_json() == {"error": error}
    assert session.asked == [("told", TELLING)]


# -- commands ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"do": "set", "values": {"lr_g": 0.01}}, SetValues({"lr_g": 0.01})),
        ({"do": "looking", "share": 0.5}, SetLooking(0.5)),
        ({"do": "play"}, Play()),
        ({"do": "pause"}, Pause()),
        ({"do": "step"}, StepOnce(1)),
        ({"do": "reset"}, Restart()),
        ({"do": "new-seed", "seed": 9}, Restart(seed=9)),
        ({"do": "preset", "name": "quick"}, Restart(preset="quick")),
        ({"do": "pause-when", "condition": "Step>=9"}, SetPauseWhen(read_condition("step >= 9"))),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else "",
)
def test_commands(http: Client, session: FakeSession, body: object, sent: Command) -> None:
    code, answer = command(http, body)
    assert code == 200
    assert session.sent == [sent]
    assert answer["from_step"] == 43
    assert answer["status"]["step"] == 42


def test_a_command_that_is_not_in_force_yet(http: Client, session: FakeSession) -> None:
    session.in_force_from = None
    assert command(http, {"do": "play"})[1]["from_step"] is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "command"),
        ([], "do"),
        ("play", "do"),
        ({"do": "explode"}, "explode"),
        ({"do": "set", "values": {"lr_g": 7}}, "lr_g"),
        ({"do": "set", "values": {"lr": 7}}, "lr"),
        ({"do": "looking", "share": 2}, "share"),
        ({"do": "step", "count": -1}, "count"),
        ({"do": "new-seed", "seed": "x"}, "seed"),
        ({"do": "preset", "name": "worse"}, "worse"),
        ({"do": "pause-when", "condition": "collapsed nad covering"}, "there is “nad”"),
        ({"do": "pause-when", "condition": "covrage > 1"}, "knows no covrage"),
        ({"do": "pause-when", "condition": "(" * 2000}, "at most 200 characters"),
        ({"do": "pause-when", "condition": ["collapsed"]}, "'condition'"),
    ],
)
def test_a_wrong_command_gets_a_sentence(http: Client, session: FakeSession, body: object, named: str) -> None:
    code, answer = command(http, body)
    assert code == 400
    assert named in answer["error"]
    assert answer["error"].endswith(".")
    assert session.sent == []


def test_a_refusal_says_in_which_run(http: Client, session: FakeSession) -> None:
    session.refusal = "Not now."
    assert command(http, {"do": "step"}) == (409, {"error": "Not now.", "run": STATUS.info.run})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut"),
        pytest.param('{"do": "play"', id="not-closed"),
        pytest.param("play", id="a-word"),
        pytest.param("null", id="null"),
        pytest.param("\0\1\2", id="control-characters"),
        pytest.param('{"do": "set", "values": {"lr_g": NaN}}', id="nan"),
        pytest.param('{"do": "set", "values": {"lr_g": 1e999}}', id="infinite"),
        pytest.param('{"do": "set", "values": {"lr_g": 1' + "0" * 400 + "}}", id="beyond-any-float"),
        pytest.param('{"do": "new-seed", "seed": 1' + "0" * 5_000 + "}", id="5000-digits"),
        pytest.param("[" * 20_000, id="deep-list"),
        pytest.param('{"do":' * 5_000, id="deep-object"),
        pytest.param(b'{"do": "\xff\xfe"}', id="not-utf-8"),
    ],
)
def test_a_body_that_is_no_json_of_ours_is_a_bad_request(http: Client, session: FakeSession, text: str | bytes) -> None:
    answer = http.post("/api/command", headers=HEADERS, data=text, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["error"]
    assert session.sent == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_kind_is_refused(http: Client, session: FakeSession, kind: str) -> None:
    """A page of another site can send these without asking first."""
    answer = http.post("/api/command", headers=HEADERS, data='{"do": "pause"}', content_type=kind)
    assert answer.status_code == 415
    assert answer.get_json()["error"]
    assert session.sent == []


def test_a_body_that_is_too_large_is_refused(http: Client, session: FakeSession) -> None:
    body = json.dumps({"do": "play", "padding": "x" * MAX_BODY_BYTES})
    answer = http.post("/api/command", headers=HEADERS, data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.get_json()["error"]
    assert session.sent == []


# -- strangers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8050", "Origin": "http://evil.example:8050"},
        {"Host": "127.0.0.1:8050", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:8050", "Origin": "null"},
    ],
)
def test_strangers_change_and_read_nothing(http: Client, session: FakeSession, headers: dict[str, str]) -> None:
    answer = http.post("/api/command", headers=headers, json={"do": "reset"})
    assert answer.status_code == 403
    assert session.sent == []
    assert http.post("/api/told", headers=headers).status_code == 403
    for path in ("/api/frame", "/api/frame/3", "/api/points", "/api/progress", "/api/status", "/healthz"):
        assert http.get(path, headers=headers).status_code == 403
    assert session.asked == []


def test_its_own_page_may_steer(http: Client, session: FakeSession) -> None:
    code, _ = command(http, {"do": "pause"}, Origin="http://127.0.0.1:8050")
    assert code == 200
    assert session.sent == [Pause()]


# -- whatever goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/frame/1/2", 404),
        ("GET", "/api/command", 405),
        ("GET", "/api/told", 405),
        ("POST", "/api/frame", 405),
        ("DELETE", "/api/progress", 405),
    ],
)
def test_wrong_paths_and_methods_answer_in_json(http: Client, method: str, path: str, code: int) -> None:
    answer = http.open(path, method=method, headers=HEADERS)
    assert answer.status_code == code
    assert answer.get_json()["error"]


@pytest.mark.parametrize("path", ["/healthz", "/api/status"])
def test_no_answer_shows_a_traceback(http: Client, session: FakeSession, path: str) -> None:
    session.failure = RuntimeError("the secret path /home/me")
    answer = http.get(path, headers=HEADERS)
    assert answer.status_code == 500
    for word in (b"Traceback", b"File ", b"RuntimeError", b"secret"):
        assert word not in answer.data


def test_every_answer_carries_the_security_headers(http: Client, session: FakeSession) -> None:
    session.failure = RuntimeError("broken")
    answers = [
        http.get("/api/frame", headers=HEADERS),
        http.get("/api/frame/x", headers=HEADERS),
        http.get("/api/nothing", headers=HEADERS),
        http.get("/api/status", headers=HEADERS),
        http.get("/healthz", headers={"Host": "evil.example"}),
        http.post("/api/command", headers=HEADERS, json={"do": "explode"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 404, 500, 403, 400]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
