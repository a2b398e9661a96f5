"""What there is to choose from, as the page gets it: all of the registries, whatever is in them."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from dataclasses import fields

import pytest

from gan_core.dashboard.page.experiment import settings
from gan_core.setup.config import NETWORKS, PARTS, GANConfig
from gan_core.setup.network import NORMS, TOYS
from gan_core.texts.catalogue import catalogue
from gan_core.training.known import CHOICES, completed
from throw_away import added


def test_every_field_is_there_but_what_is_trained() -> None:
    found = dict(settings(CHOICES)["fields"])
    assert list(found) == [field.name for field in fields(GANConfig) if field.name != "task"]
    assert {field for field, kind in found.items() if kind == "network"} == set(NETWORKS)
    assert {field for field, kind in found.items() if kind in settings(CHOICES)["parts"]} == set(PARTS)
    assert found["optimiser_g"] == found["optimiser_d"] == "optimiser"


def test_every_entry_has_its_numbers_with_range_and_usual_value() -> None:
    found = json.loads(json.dumps(settings(CHOICES)))["parts"]
    for parts in CHOICES.values():
        assert list(found[parts.kind]) == list(parts)
        for name, numbers in found[parts.kind].items():
            written = ", ".join(f"{number}={asked['default']}" for number, asked in numbers.items())
            assert parts.completed(name) == parts.completed(f"{name}({written})")
            for number, asked in numbers.items():
                assert parts.completed(f"{name}({number}={asked['low']})")
                assert parts.completed(f"{name}({number}={asked['high']})")
                with pytest.raises(ValueError, match=f"{number} of the {parts.kind} {re.escape(name)} must be"):
                    parts.completed(f"{name}({number}={asked['high'] + 1})")


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_is_offered_each_norm_that_it_may_have_and_no_other(network: str) -> None:
    offered = settings(CHOICES)["words"][network]["norm"]
    for norm in NORMS:
        units = "none" if norm in TOYS else "8"
        config = GANConfig(**{network: f"{units}:relu:{norm}:linear"})
        with nullcontext() if norm in offered else pytest.raises(ValueError, match="is for G"):
            assert completed(config).networks[network].norm == norm


def test_what_is_added_is_there_at_once() -> None:
    with added():
        found = settings(CHOICES)["parts"]
        assert found["target"]["test-spots"] == {"count": {"default": 5, "low": 1, "high": 9, "whole": True}}
        for kind, name in (
            ("latent", "bell"),
            ("activation", "bend"),
            ("penalty", "flat"),
            ("optimiser", "heavy-ball"),
        ):
            assert f"test-{name}" in found[kind]
    assert "test-spots" not in settings(CHOICES)["parts"]["target"]


def test_every_entry_of_ours_has_words() -> None:
    """Of a module of a reader's own the bare name does."""
    sentences = catalogue().sentences
    for field in [name for name, _ in settings(CHOICES)["fields"]]:
        assert f"experiment.field.{field}" in sentences
    for kind, entries in settings(CHOICES)["parts"].items():
        for name, numbers in entries.items():
            keys = [f"part.{kind}.{name}", *(f"number.{kind}.{number}" for number in numbers)]
            missing = [
                f"{key}.{what}" for key in keys for what in ("label", "help") if f"{key}.{what}" not in sentences
            ]
            assert missing == []


def test_a_number_without_a_range_is_there_all_the_same() -> None:
    """A field that comes to a configuration shows by itself; what it may be is then for the server to say."""
    numbers = settings(CHOICES)["numbers"]
    assert set(numbers) == {field.name for field in fields(GANConfig) if field.type in ("int", "float")}
    for name, asked in numbers.items():
        for value in (asked["low"], asked["high"]):
            assert value is None or GANConfig().changed({name: str(value)})
    with pytest.raises(ValueError, match="even number"):
        GANConfig().changed({"batch": "63"})
    assert numbers["batch"]["even"]
