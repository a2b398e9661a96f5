"""What an experiment is made of, to choose something else: the panel, empty, and what there is to choose from.

All of it is filled in by assets/experiment/ from the registries as they are handed in: nothing here names an entry. The
words of one are in the catalogue, under `part.KIND.NAME` and `number.KIND.NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.setup.config import NETWORKS, RANGES, GANConfig
from gan_core.setup.limits import MAX_ASKED_BATCH, MAX_ASKED_LAYERS, MAX_ASKED_UNITS
from gan_core.setup.network import NORMS_OF, OUTPUTS
from gan_core.setup.registry import Parts
from gan_core.texts.catalogue import say

Choices = Mapping[str, Parts[Any]]  # by field of a configuration, and of both networks' "activation"

# What of a network is chosen by one word of its text, in the order of that, and where there is less to choose.
_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "generator": {"norm": NORMS_OF["generator"], "output": OUTPUTS},
    "discriminator": {"norm": NORMS_OF["discriminator"], "output": OUTPUTS[:1]},
}
# Ranges of fields that are numbers, as a page may ask for them; of another one the server says whether it can be.
_RANGES: dict[str, tuple[float, float]] = {**RANGES, "batch": (2, MAX_ASKED_BATCH)}
_EVEN = ("batch",)


def panel() -> html.Section:
    """The panel, folded: its head says in a line what the run is made of."""
    return html.Section(
        [
            html.H2(
                html.Button(
                    [
                        html.Span(say("experiment.title")),
                        html.Span(id="experiment-gist", className="experiment-gist"),
                        html.Span(id="experiment-count", className="tag", hidden=True),
                        html.Span(className="icon icon-fold"),
                    ],
                    id=ids.EXPERIMENT_FOLD,
                    type="button",
                    title=say("experiment.show"),
                    className="experiment-fold",
                    n_clicks=0,
                    **aria(expanded="false", controls="experiment-body"),
                )
            ),
            html.Div(id="experiment-body", className="experiment-body", hidden=True),
        ],
        id="experiment",
        className="experiment",
        **aria(label=say("experiment.label")),
    )


def networks() -> html.Section:
    """Where both networks are drawn, over the panels; closed, and empty until it is opened."""
    return html.Section(id="networks", className="networks", hidden=True, **aria(label=say("networks.title")))


def game() -> html.Section:
    """Where theory stands beside practice, under the story; empty, and only there for runs it knows something of."""
    return html.Section(id="game", className="game", hidden=True, **aria(label=say("game.label")))


def settings(choices: Choices) -> dict[str, Any]:
    """What the browser's side needs: the fields in their order, each with its kind, and what there is of each kind."""
    kinds = {field: parts.kind for field, parts in choices.items()} | dict.fromkeys(NETWORKS, "network")
    kinds |= dict.fromkeys(_numbers(), "number")
    return {
        "fields": [[field.name, kinds[field.name]] for field in fields(GANConfig) if field.name in kinds],
        "parts": {parts.kind: _entries(parts) for parts in choices.values()},
        "activation": choices["activation"].kind,
        "numbers": _numbers(),
        "words": _WORDS,
        "limits": {"layers": MAX_ASKED_LAYERS, "units": MAX_ASKED_UNITS},
    }


def _numbers() -> dict[str, dict[str, Any]]:
    """The fields that are numbers, each with what it may be."""
    found: dict[str, dict[str, Any]] = {}
    for field in fields(GANConfig):
        if field.type in ("int", "float"):
            low, high = _RANGES.get(field.name, (None, None))
            whole, even = field.type == "int", field.name in _EVEN
            found[field.name] = {"low": low, "high": high, "whole": whole, "even": even}
    return found


def _entries(parts: Parts[Any]) -> dict[str, dict[str, Any]]:
    """What there is of one kind: each entry's numbers, with range and usual value."""
    return {name: {number: asdict(asked) for number, asked in parts.numbers(name).items()} for name in parts}
