"""Weights out of a run and back into another, held against the engine, a straight re-run and the README's reader."""

from __future__ import annotations

import json
import re
import struct
from contextlib import closing
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from gan_core.__main__ import main
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import Change
from gan_core.rerun import weights
from gan_core.rerun.proof import verify
from gan_core.setup.presets import Preset
from recorded import engine_of, record

README = Path(__file__).parents[3] / "README.md"
CHANGE = Change(21, "lr_g", 2e-4, 5e-4)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny: Preset) -> Path:
    return record(tmp_path_factory.mktemp("runs") / "a.sqlite", tiny, 40, [CHANGE], [20])


@pytest.fixture(scope="module")
def at_33(run: Path) -> Path:
    """Weights of a step between two checkpoints, after a change."""
    out = run.with_name("w.safetensors")
    assert main(["export", str(run), "--what", "weights", "--step", "33", "--out", str(out)], {}) == 0
    return out


def test_weights_are_those_of_a_straight_run(at_33: Path, tiny: Preset) -> None:
    engine = engine_of(tiny)
    for step in range(1, 34):
        if step == CHANGE.step:
            engine.set(lr_g=CHANGE.new)
        engine.step()
    found = load_file(at_33)
    for name, network in (("G", engine.generator), ("D", engine.discriminator)):
        for key, held in network.layers.state_dict().items():
            assert torch.equal(found[f"{name}.{key}"], held)
    with safe_open(at_33, "pt") as file:
        told = json.loads(file.metadata()["ganscope"])
    assert (told["step"], told["seed"], told["in_force"]["lr_g"]) == (33, 3, 5e-4)
    assert told["config"]["generator"] == tiny.config.generator
    assert told["program"].startswith("GANscope ")


def test_the_reader_of_the_readme_gives_the_same_points(
    at_33: Path, tiny: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = re.findall(r"```python\n(# Read weights.*?)```", README.read_text(), re.S)
    assert len([line for line in text.splitlines() if line.strip()]) <= 10
    at_33.with_name("weights.safetensors").write_bytes(at_33.read_bytes())
    monkeypatch.chdir(at_33.parent)
    there: dict[str, object] = {}
    exec(text, there)
    engine = engine_of(tiny)
    weights.load_weights(engine, at_33)
    z, x = torch.rand(50, 2) * 2 - 1, torch.rand(50, 2)
    assert torch.allclose(there["network"]("G", z), engine.generator(z), atol=1e-6)  # type: ignore[operator]
    assert torch.allclose(there["network"]("D", x), engine.discriminator(x), atol=1e-6)  # type: ignore[operator]


def test_a_run_that_begins_with_them_is_recorded_proved_and_goes_on(at_33: Path, tmp_path: Path) -> None:
    config = [
        "--config",
        "generator=16,16:leaky-relu(slope=0.1)",
        "--config",
        "discriminator=16,16:leaky-relu(slope=0.1)",
    ]
    command = ["train", "mode-collapse", *config, "--config", "batch=32", "--threads", "1", "--weights", str(at_33)]
    plain, kept = tmp_path / "plain", tmp_path / "kept"
    assert main([*command, "--steps", "12", "--out", str(plain)], {}) == 0
    assert main([*command, "--steps", "6", "--out", str(kept), "--resume"], {}) == 0
    assert main([*command, "--steps", "12", "--out", str(kept), "--resume"], {}) == 0
    assert (kept / "metrics.csv").read_text() == (plain / "metrics.csv").read_text()
    (path,) = kept.glob("*.sqlite")
    with closing(RunFile.open(path)) as file:
        assert file.weights == weights.checksum_of(at_33)
        verdict = verify(file)
        assert verdict.proved
        assert verdict.steps == 12
    out = tmp_path / "again.safetensors"
    assert main(["export", str(path), "--what", "weights", "--step", "0", "--out", str(out)], {}) == 0
    assert {name: held.tolist() for name, held in load_file(out).items()} == {
        name: held.tolist() for name, held in load_file(at_33).items()
    }
    with pytest.raises(SystemExit):
        main([*command[:-2], "--steps", "20", "--out", str(kept), "--resume"], {})


def broken(name: str, whole: Path) -> bytes:
    tensors = load_file(whole)
    data = whole.read_bytes()
    if name == "shape":
        tensors["G.0.weight"] = torch.zeros(17, 2)
    elif name == "layers":
        del tensors["D.2.bias"]
    elif name == "kind":
        tensors["G.0.weight"] = tensors["G.0.weight"].double()
    elif name == "infinite":
        tensors["G.0.bias"][0] = float("nan")
    elif name == "none":
        tensors = {"other": torch.zeros(1)}
    else:
        return {
            "empty": b"",
            "long-header": struct.pack("<Q", 1 << 62) + data[8:],
            "no-json": struct.pack("<Q", 4) + b"oops" + data,
            "nested": struct.pack("<Q", 200_000) + b"[" * 200_000,
            "cut": data[:-4],
        }[name]
    made = whole.with_name("broken")
    save_file(tensors, made)
    return made.read_bytes()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shape", "G.0.weight is F32 [17, 2] in the file, and F32 [16, 2]"),
        ("layers", "D.2.bias is in the file or in"),
        ("kind", "F64"),
        ("infinite", "not finite"),
        ("none", "no tensor of G or D"),
        ("empty", "no file of weights"),
        ("long-header", "no file of weights"),
        ("no-json", "no file of weights"),
        ("nested", "no file of weights"),
        ("cut", "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_changes_nothing(
    at_33: Path, tiny: Preset, tmp_path: Path, name: str, words: str
) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(broken(name, at_33))
    engine = engine_of(tiny)
    before = engine.state()
    with pytest.raises(ValueError, match=re.escape(words)):
        weights.load_weights(engine, path)
    assert torch.equal(engine.state()["generator"], before["generator"])
    assert torch.equal(engine.state()["discriminator"], before["discriminator"])


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, tiny: Preset) -> None:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.truncate(weights.MAX_WEIGHTS + 1)
    with pytest.raises(ValueError, match="it may have"):
        weights.load_weights(engine_of(tiny), path)
