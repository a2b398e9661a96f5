"""The 25-grid's protocol: what is trained, and that its numbers are those of the samples."""

from __future__ import annotations

import json
import math

import pytest

from gan_core.bench.grid import SEEDS, WAYS, Found, experiment, main, table, train
from gan_core.training.engine import GANEngine


def test_what_is_trained_is_the_protocol() -> None:
    for way in WAYS:
        engine = GANEngine(experiment(way), 0, device="cpu")
        sizes = [[layer.in_features for layer in n.layers if hasattr(layer, "in_features")] for n in networks(engine)]
        assert sizes == [[64, 256, 256], [2, 256, 256]]
        assert engine.by_hand
    # The grid's spacing is 2 of its own units and 0.4 of the square's; a penalty scales with the square of that.
    (x, _), (y, _) = engine.target.modes.centres[[0, 5]].tolist()
    assert engine.values.penalty_weight == pytest.approx(((y - x) / 2) ** 2)


def networks(engine: GANEngine) -> tuple:
    return engine.generator, engine.discriminator


def test_a_run_is_counted() -> None:
    found = train("gan+r1+r2", 1, steps=2)
    assert (found.way, found.seed) == ("gan+r1+r2", 1)
    assert 0 <= found.modes <= 25
    assert 0 <= found.high_quality <= 1
    assert 0 <= found.reverse_kl <= math.log(25) + 1e-9


def test_the_table_is_printed_from_the_file_alone(tmp_path, capsys) -> None:
    runs = [Found(way, seed, 20 + seed, 0.05, 0.5) for way in WAYS for seed in SEEDS]
    file = tmp_path / "grid.jsonl"
    file.write_text("".join(f"{json.dumps(vars(run))}\n" for run in reversed(runs)))
    main(["--out", str(file)])
    assert capsys.readouterr().out.strip() == table(runs)
    assert table(runs).count("\n") == 1 + len(runs)
    assert "| gan+r1+r2 | 2 | 22 | 0.050 | 0.500 |" in table(runs)
