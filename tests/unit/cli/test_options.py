from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_core.__main__ import main
from gan_core.cli import options
from gan_core.cli.options import (
    SERVER_OPTIONS,
    ServerOptions,
    Setting,
    SoakLength,
    parse_server_options,
    read_setting,
    read_soak_length,
)
from gan_core.setup.config import BOUNDS
from gan_core.setup.limits import MAX_SEED
from gan_core.training import compute

FLAGS = ("paused", "no-wait", "present")

# Option, a value that is not its default, and what it reads as.
VALUES = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("9000", 9000),
    "preset": ("better", "better"),
    "seed": (str(MAX_SEED), MAX_SEED),
    "device": ("cpu", "cpu"),
    "precision": ("bfloat16", "bfloat16"),
    "threads": ("3", 3),
    "language": ("en", "en"),  # the only one, so far
    "runs": ("kept", Path("kept")),
    "run-limit": ("0.5", 0.5),
    "paused": ("yes", True),
    "no-wait": ("yes", True),
    "present": ("yes", True),
    "sandbox": ("12", 12),
    "base-path": ("/user/me%40x/proxy/8050/", "/user/me%40x/proxy/8050"),
    "allow-host": ("gan.example.org,[::1],10.0.0.7", ("gan.example.org", "[::1]", "10.0.0.7")),
    "allow-origin": ("https://GAN.example.org/,http://a:80", ("https://gan.example.org", "http://a")),
    "frame-ancestor": (
        "http://localhost:8888, https://*.example.org,http://127.0.0.1:*,vscode-webview:",
        ("http://localhost:8888", "https://*.example.org", "http://127.0.0.1:*", "vscode-webview:"),
    ),
    "trust-proxy": ("10.0.0.2, 172.17.0.1/16,::1", ("10.0.0.2/32", "172.17.0.0/16", "::1/128")),
}

BAD = {
    "host": ["http://localhost", "a b\n".strip() + "/"],
    "port": ["65536", "-1", "80.0", "http", "1_000", "9" * 100],
    "preset": ["bettr"],
    "seed": ["-1", "1.5", str(MAX_SEED + 1), "zero"],
    "device": ["gpu"],
    "precision": ["float16"],
    "threads": ["0", "257", "two"],
    "language": ["klingon"],
    "runs": [],  # a server runs all the same where none can be kept, and says so
    "run-limit": ["0", "0.05", "1e9", "nan", "much"],
    "paused": ["maybe"],
    "no-wait": ["2"],
    "present": ["token"],
    "sandbox": ["-1", "1001", "many"],
    "base-path": [
        "gan",
        "C:/gan",
        "//gan",
        "/a//b",
        "/a/../b",
        "/.",
        "/a b",
        "/a?b",
        "/%zz",
        "/<b>",
        "https://a",
        "/" * 9,
    ],
    "allow-host": ["https://gan.example.org", "gan.example.org:80", "a,,b"],
    "allow-origin": ["gan.example.org", "*", "null", "https://*.example.org", "https://a/gan", "https://a,,http://b"],
    "frame-ancestor": [
        "*",
        "https:",
        "data:",
        "localhost:8888",
        "https://a b",
        "https://a;script-src *",
        "'self'",
        "a,,b",
    ],
    "trust-proxy": ["proxy", "*", "10.0.0.1,,", "10.0.0.0/33", "http://10.0.0.1"],
}


def arguments(name: str, text: str) -> list[str]:
    return [f"--{name}"] if name in FLAGS else [f"--{name}", text]


def variable(name: str) -> str:
    return "GANSCOPE_" + name.upper().replace("-", "_")


def one_line_of(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err


def test_every_option_has_a_case() -> None:
    assert set(VALUES) == set(BAD) == {option.name for option in SERVER_OPTIONS}


def test_nothing_given_means_the_defaults() -> None:
    assert parse_server_options([], {}) == ServerOptions()
    assert parse_server_options([], {variable(name): " " for name in VALUES}) == ServerOptions()


@pytest.mark.parametrize("name", VALUES)
def test_option_and_variable_mean_the_same(name: str) -> None:
    text, value = VALUES[name]
    dest = name.replace("-", "_")
    assert getattr(ServerOptions(), dest) != value or name == "language"
    for parsed in (parse_server_options(arguments(name, text), {}), parse_server_options([], {variable(name): text})):
        assert parsed == ServerOptions(**{dest: value})


@pytest.mark.parametrize("name", VALUES)
def test_command_line_wins(name: str) -> None:
    text, value = VALUES[name]
    environ = {variable(name): "no" if name in FLAGS else (BAD[name] or ["elsewhere"])[0]}
    assert getattr(parse_server_options(arguments(name, text), environ), name.replace("-", "_")) == value


def test_a_flag_of_the_environment_can_be_taken_back() -> None:
    assert not parse_server_options(["--no-paused"], {"GANSCOPE_PAUSED": "1"}).paused


def test_allow_host_may_be_repeated() -> None:
    assert parse_server_options(["--allow-host", "a", "--allow-host", "b"], {}).allow_host == ("a", "b")


def test_the_port_of_a_service_is_no_port(capsys: pytest.CaptureFixture[str]) -> None:
    """Kubernetes sets GANSCOPE_PORT for a service by the name of "ganscope": the next place that says one counts."""
    service = {"GANSCOPE_PORT": "tcp://10.0.0.7:8050"}
    assert parse_server_options([], service).port == 8050
    note = one_line_of(capsys)
    assert "GANSCOPE_PORT=tcp://10.0.0.7:8050 is ignored" in note
    assert "--port" in note
    assert parse_server_options([], {**service, "PORT": "9000"}).port == 9000
    assert parse_server_options(["--port", "9001"], service).port == 9001
    for other in ("tcp", "http://10.0.0.7:8050", "tcp://"):
        with pytest.raises(SystemExit, match="2"):
            parse_server_options([], {"GANSCOPE_PORT": other})


def test_no_base_path_is_none() -> None:
    assert parse_server_options(["--base-path", "/"], {}).base_path == ""


def test_plain_port_comes_last() -> None:
    assert parse_server_options([], {"PORT": "1"}).port == 1
    assert parse_server_options([], {"PORT": "1", "GANSCOPE_PORT": "2"}).port == 2
    assert parse_server_options(["--port", "3"], {"PORT": "1", "GANSCOPE_PORT": "2"}).port == 3


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_bad_value_is_one_line_that_names_its_place(name: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse_server_options([], {variable(name): text})
    assert f"environment variable {variable(name)}: " in one_line_of(capsys)
    if name not in FLAGS:
        with pytest.raises(SystemExit, match="2"):
            parse_server_options([f"--{name}={text}"], {})
        assert f"argument --{name}: " in one_line_of(capsys)


@pytest.mark.parametrize("argv", [["--prot", "1"], ["--por", "1"], ["--port"], ["better"], ["a\nb"]])
def test_an_unknown_word_is_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse_server_options(argv, {})
    assert one_line_of(capsys).startswith("app.py: ")


def test_help_lists_every_option_and_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parse_server_options(["--help"], {})
    text = capsys.readouterr().out
    for option in SERVER_OPTIONS:
        assert f"--{option.name}" in text
        assert all(name in text for name in option.variables)


def test_choices_are_those_of_the_engine() -> None:
    assert options.DEVICES == compute.DEVICES
    assert options.PRECISIONS == compute.PRECISIONS
    assert options.MAX_THREADS == compute.MAX_THREADS


def test_reading_options_does_not_load_torch() -> None:
    program = "import sys, gan_core.__main__, gan_core.cli.options; sys.exit('torch' in sys.modules)"
    root = Path(options.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


@given(st.data(), st.sampled_from(sorted(BOUNDS)), st.integers(1, options.MAX_STEPS))
def test_a_setting_reads_back(data: st.DataObject, name: str, step: int) -> None:
    low, high = BOUNDS[name].low, BOUNDS[name].high
    value = data.draw(st.integers(int(low), int(high)).map(float) if BOUNDS[name].whole else st.floats(low, high))
    assert read_setting(f"{name}={value!r}@{step}") == Setting(step, name, value)


BAD_SETTINGS = [
    "lr_g",
    "lr_g=0.1",
    "lr_g@3",
    "lr_g=0.1@0",
    "lr_g=0.1@x",
    "lr_g=0.1@3@4",
    "lr_g=fast@3",
    "lr_g=nan@3",
    "lr_g=5@3",
    "beta1_d=1@3",
    "speed=1@3",
]
BAD_COMMANDS = {
    "": [],
    "COMMAND": ["trian"],
    "PRESET": ["train", "bettr", "--out", "x"],
    "--out": ["train", "quick"],
    "argument --out": ["train", "quick", "--out", ""],
    "--steps": ["train", "quick", "--out", "x", "--steps", "0"],
    "--seed": ["train", "quick", "--out", "x", "--seed", "-3"],
    "--set": ["train", "quick", "--out", "x", "--steps", "10", "--set", "lr_g=0.1@11"],
    "--soak": ["bench", "--soak", "2m"],
    "--plot": ["bench", "--plot", "bench.jpg"],
    "--threads": ["bench", "--threads", "0"],
    **{setting: ["train", "quick", "--out", "x", "--set", setting] for setting in BAD_SETTINGS},
}


@pytest.mark.parametrize("names", BAD_COMMANDS)
def test_a_bad_command_is_one_line(names: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(BAD_COMMANDS[names], {})
    line = one_line_of(capsys)
    assert line.startswith("python -m gan_core")
    assert ("argument --set: " if names in BAD_SETTINGS else names) in line


def test_a_bad_variable_is_one_line_for_a_command_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", "quick", "--out", "x"], {"GANSCOPE_THREADS": "many"})
    assert "environment variable GANSCOPE_THREADS: " in one_line_of(capsys)


def test_soak_lengths() -> None:
    assert read_soak_length("90s") == SoakLength(seconds=90)
    assert read_soak_length("600000") == SoakLength(steps=600_000)
