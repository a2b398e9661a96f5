"""What an experiment is made of, to choose something else: the panel, empty, and what there is to choose from.

All of it is filled in by assets/experiment/ from the registries as they are handed in: nothing here names an entry. The
words of one are in the catalogue, under `part.KIND.NAME` and `number.KIND.NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dash import html

from gan_core.dashboard.page import ids
from gan_core.dashboard.page.ids import aria
from gan_core.setup.config import MAX_UPDATES, NETWORKS, GANConfig
from gan_core.setup.limits import MAX_ASKED_BATCH, MAX_ASKED_LAYERS, MAX_ASKED_UNITS
from gan_core.setup.network import OUTPUTS
from gan_core.setup.registry import Parts
from gan_core.texts.catalogue import say

Choices = Mapping[str, Parts[Any]]  # by field of a configuration, and of both networks' "activation"

_OTHERS = ("updates", "batch")  # fields that are numbers of their own


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


def settings(choices: Choices) -> dict[str, Any]:
    """What the browser's side needs: the fields in their order, each with its kind, and what there is of each kind."""
    kinds = {field: parts.kind for field, parts in choices.items() if field in vars(GANConfig())}
    kinds |= dict.fromkeys(NETWORKS, "network") | {name: name for name in _OTHERS}
    return {
        "fields": [[field, kinds[field]] for field in vars(GANConfig()) if field in kinds],
        "parts": {parts.kind: _entries(parts) for parts in choices.values()},
        "activation": choices["activation"].kind,
        "outputs": {"generator": OUTPUTS, "discriminator": OUTPUTS[:1]},
        "limits": {
            "layers": MAX_ASKED_LAYERS,
            "units": MAX_ASKED_UNITS,
            "batch": MAX_ASKED_BATCH,
            "updates": MAX_UPDATES,
        },
    }


def _entries(parts: Parts[Any]) -> dict[str, dict[str, Any]]:
    """What there is of one kind: each entry's numbers, with range and usual value."""
    return {name: {number: asdict(asked) for number, asked in parts.numbers(name).items()} for name in parts}
