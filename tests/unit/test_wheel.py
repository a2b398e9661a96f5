"""The wheel: what is in it, and that it serves from an empty folder with nothing else of the checkout."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from hatchling.build import build_wheel
from packaging.requirements import Requirement

from gan_core.system.assets import assets_folder

ROOT = Path(__file__).parents[2]
READY = "GANscope is on "


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(ROOT)
        return folder / build_wheel(str(folder))


def test_every_file_that_is_kept_is_in_it_and_no_other(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "gan_core", "assets"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no checkout")
    kept = {name if name.startswith("gan_core/") else f"gan_core/{name}" for name in listed.stdout.split()}
    with zipfile.ZipFile(wheel) as inside:
        packed = {name for name in inside.namelist() if ".dist-info/" not in name}
    assert packed == kept
    assert {"gan_core/serve.py", "gan_core/assets/app.js", "gan_core/texts/en.toml"} <= packed


def test_it_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as inside:
        about = {Path(name).name: inside.read(name) for name in inside.namelist() if ".dist-info/" in name}
    metadata = message_from_bytes(about["METADATA"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    needed = [line for line in lines if line and not line.startswith("#")]
    told = metadata.get_all("Requires-Dist", [])
    assert sorted(str(Requirement(line)) for line in told) == sorted(str(Requirement(line)) for line in needed)
    assert "torch" in " ".join(needed)
    assert metadata["Version"] == project["version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert about["entry_points.txt"].decode().split() == [
        "[console_scripts]",
        "ganscope",
        "=",
        "gan_core.serve:command",
    ]


@pytest.mark.slow
def test_installed_into_an_empty_folder_it_serves_from_one_that_is_closed_to_it(wheel: Path, tmp_path: Path) -> None:
    """Without a home either: what it cannot record it says, and trains."""
    installed, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o555)
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--no-index", "--target", str(installed)]
    subprocess.run([sys.executable, *install, str(wheel)], check=True)
    with subprocess.Popen(
        [sys.executable, str(installed / "bin" / "ganscope"), "--paused", "--port", "0", "--preset", "zoo-healthy"],
        cwd=elsewhere,
        env={"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_as_anybody if hasattr(os, "geteuid") and os.geteuid() == 0 else None,
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stderr is not None
            line = server.stdout.readline()
            assert line.startswith(READY), server.stderr.read()
            said = server.stderr.readline()
            assert said.startswith("ganscope: Nothing is recorded: ")
            assert str(elsewhere) in said
            origin = line.removeprefix(READY).split()[0]
            assert b'"status":"ok"' in _get(f"{origin}/healthz").replace(b" ", b"")
            page = _get(f"{origin}/").decode()
            assert "<title>GANscope" in page
            assert "app.js" in page
            assert _get(f"{origin}/assets/app.js") == (ROOT / "assets" / "app.js").read_bytes()
            assert _get(f"{origin}/compare")
            assert json.loads(_get(f"{origin}/api/runs"))["runs"] == []
            status = json.loads(_get(f"{origin}/api/command", {"do": "step"}))["status"]
            assert f"ganscope: {status['recording']['error']}\n" == said
        finally:
            server.terminate()
    assert server.returncode == 0
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("lies", ["inside", "beside"])
def test_where_the_assets_are(lies: str, tmp_path: Path) -> None:
    package = tmp_path / "gan_core"
    folder = (package if lies == "inside" else tmp_path) / "assets"
    folder.mkdir(parents=True)
    assert assets_folder(package) == folder


def test_the_assets_of_a_checkout_are_its_own() -> None:
    assert assets_folder() == ROOT / "assets"


def _as_anybody() -> None:
    """Take from root what sets it above files' modes: capabilities, which the program that is begun now lacks."""
    prctl, drop = ctypes.CDLL(None).prctl, 24  # PR_CAPBSET_DROP of linux/prctl.h
    for capability in range(64):
        prctl(drop, capability, 0, 0, 0)


def _get(address: str, sent: object = None) -> bytes:
    data = None if sent is None else json.dumps(sent).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return bytes(answer.read())
