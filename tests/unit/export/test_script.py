"""The stand-alone script, run by itself, against the run that it was written from."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gan_core.export.script import FOLLOWED, TOLERANCE, script
from gan_core.recording.file.run_file import RunFile
from gan_core.records.steps import Change
from gan_core.setup.config import GANConfig, HyperParameters, sized
from gan_core.setup.presets import PRESETS, Preset
from recorded import record

VALUES = HyperParameters(lr_g=2e-4, lr_d=1e-3, beta1_g=0.5, beta1_d=0.5)
Rows = list[list[float]]
LONG = 50  # steps that small networks are followed for
SMALL = sized(width=16, depth=2, batch=32)


def written(
    folder: Path, name: str, config: GANConfig, values: HyperParameters, changes: list[Change], steps: int
) -> tuple[str, Rows]:
    """The script of a run, and what the run measured."""
    path = record(folder / f"{name}.sqlite", Preset("tiny", config, values), steps, changes)
    with closing(RunFile.open(path)) as file:
        return script(file), file.metrics().tolist()


DRIVER = """
import os, runpy, sys
for name in sys.argv[1:]:
    os.chdir(name)
    runpy.run_path("run.py")
    os.chdir("..")
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Rows, Rows]]:
    """Of each case what the run measured, and its script: all of them run by one Python without GANscope."""
    folder, runs = tmp_path_factory.mktemp("alone"), {}
    torch.set_num_threads(1)
    for name, (config, values, changes) in CASES.items():
        steps = FOLLOWED if config.generator.startswith("512") else LONG
        text, runs[name] = written(folder, name, config, values, changes, steps)
        (folder / name).mkdir()
        (folder / name / "run.py").write_text(text)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-I", "-c", DRIVER, *CASES], cwd=folder, env=environment, check=True, timeout=500)
    return {name: (runs[name], table(folder / name / "run-metrics.csv")) for name in CASES}


def table(path: Path) -> Rows:
    with path.open() as file:
        return [[float(number or "nan") for number in row[1:]] for row in list(csv.reader(file))[1:]]


def follows(ours: Rows, theirs: Rows) -> None:
    assert len(theirs) == len(ours)
    for step, (mine, other) in enumerate(zip(ours, theirs, strict=True), 1):
        for i in (0, 2):  # losses
            assert other[i] == pytest.approx(mine[i], abs=TOLERANCE, rel=TOLERANCE, nan_ok=True), f"step {step}: {i}"
        for i in (1, 3) if step <= 5 else ():  # accuracies, while no score lies within the difference from the edge
            assert other[i] == pytest.approx(mine[i], abs=0.07, nan_ok=True), f"step {step}: {i}"


CASES = {
    "512": (GANConfig(), HyperParameters(), []),
    "article": (SMALL, VALUES, [Change(20, "lr_g", 2e-4, 1e-3), Change(31, "beta1_g", 0.5, 0.9)]),
    "fit": (replace(SMALL, task="fit"), VALUES, []),
    "noise": (replace(SMALL, task="noise", objective="squared-error"), VALUES, []),
    "blob": (replace(SMALL, task="blob", objective="squared-error"), VALUES, []),
    "ring": (
        replace(SMALL, target="ring", latent="normal", latent_dim=5, ema=0.9).changed(
            {"optimiser_g": "torch-adam", "optimiser_d": "torch-adam", "objective": "minimax"}
        ),
        replace(VALUES, updates_d=2, instance_noise=0.1),
        [Change(12, "updates_d", 2, 1), Change(20, "updates_g", 1, 3), Change(30, "updates_g", 3, 0)],
    ),
    "relativistic": (
        replace(SMALL, target="grid", objective="relativistic", penalty="r1+r2", packing=2, noise_steps=30),
        replace(VALUES, instance_noise=0.05, penalty_weight=0.04),
        [Change(9, "penalty_weight", 0.04, 0.2)],
    ),
    "wgan-gp": (
        replace(SMALL, target="moons", objective="wasserstein", penalty="wgan-gp").changed({"optimiser_g": "sgd"}),
        replace(VALUES, updates_d=5),
        [],
    ),
    "clip": (
        replace(SMALL, target="swiss-roll", objective="wasserstein").changed({"optimiser_d": "rmsprop"}),
        VALUES,
        [],
    ),
    "hinge": (
        replace(SMALL, target="two-spirals", objective="hinge", penalty="dragan", optimiser_g="optimistic-adam"),
        VALUES,
        [],
    ),
    "lazy": (
        replace(SMALL, target="checkerboard", objective="least-squares(a=-1, b=1, c=0)", penalty="lazy-r1"),
        VALUES,
        [],
    ),
    "norms": (
        replace(
            SMALL,
            target="pinwheel",
            generator="16,16:relu:batch-norm:tanh",
            discriminator="16,16:silu:spectral-norm:linear",
        ),
        VALUES,
        [],
    ),
    "maxout": (
        replace(SMALL, target="circles", discriminator="8:maxout:linear", generator="8:tanh:linear"),
        VALUES,
        [],
    ),
    "closed": (replace(SMALL, target="closed-ring", penalty="r1"), VALUES, []),
    "line": (replace(SMALL, target="line", penalty="r2"), VALUES, []),
    "normal": (replace(SMALL, target="uniform-to-normal"), VALUES, []),
    "gaussian": (replace(SMALL, target="gaussian"), VALUES, []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_script_follows_the_run(name: str, both: dict[str, tuple[Rows, Rows]]) -> None:
    follows(*both[name])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (replace(SMALL, unrolled=2), "unrolled"),
        (replace(SMALL, consensus=1.0), "consensus"),
        (SMALL.changed({"optimiser_g": "extragradient", "optimiser_d": "extragradient"}), "optimiser_g extragradient"),
        (GANConfig(task="none"), "trains nothing"),
        (PRESETS["dirac"].config, "sgd-at-once"),
    ],
)
def test_what_is_not_covered_is_named(tmp_path: Path, config: GANConfig, words: str) -> None:
    path = record(tmp_path / "a.sqlite", Preset("tiny", config, VALUES), 1)
    with closing(RunFile.open(path)) as file, pytest.raises(ValueError, match=re.escape(words)):
        script(file)
