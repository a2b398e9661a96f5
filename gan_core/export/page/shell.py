"""The page itself, as Dash would serve it, taken apart: what one file has to hold so that the same page comes up.

Nothing is written anew for the file: layout, callbacks, scripts and style sheets are those of a recorded run's page.
Dash is asked for them in memory; it serves nobody.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from dash import Dash

from gan_core.dashboard.page.callbacks import add_callbacks
from gan_core.dashboard.page.experiment import Choices
from gan_core.dashboard.page.layout import page
from gan_core.dashboard.page.markup import lighter
from gan_core.records.arrays import LENS_ARRAYS
from gan_core.records.status import Status
from gan_core.system.assets import assets_folder

OPENING = "file/in_file.js"  # of assets/: not a script of the page, but what has it come up
FIRST = "browser.js"  # says what a browser lacks, before anything has to be unpacked
NEVER = re.compile(r"/dash_table/|/assets/compare/|/assets/file/")  # of Dash's scripts and ours: not of this page
# Dash fetches this part of its components once a figure is to be drawn; in a file it has to be there.
_PLOTS = ("dash.dcc", "async-graph.js")
_SCRIPT = re.compile(r"<script[^>]*?(?: src=\"([^\"]*)\"[^>]*>|>(.*?))</script>", re.DOTALL)
_CONFIG = '<script id="_dash-config" type="application/json">'
_STYLE = re.compile(r"<link rel=\"stylesheet\" href=\"([^\"]*)\"")


@dataclass(frozen=True)
class Shell:
    """The page without a run."""

    scripts: list[str]  # in the order in which they are to run
    styles: list[str]
    config: str  # Dash's own, JSON
    answers: dict[str, Any]  # by path: what Dash asks its server for


def shell(status: Status, choices: Choices, lenses: frozenset[str]) -> Shell:
    """Take the page apart that shows a run which has this status, and frames with the arrays of these lenses alone."""
    dash = Dash(
        "ganscope", assets_folder=str(assets_folder()), assets_ignore=r"(compare|astray|in_file)\.js", update_title=""
    )
    dash.layout = lighter(page(status, choices))
    add_callbacks(dash)
    client = dash.server.test_client()

    def text(path: str) -> str:
        with client.get(path) as answer:
            return str(answer.get_data(as_text=True))

    index = text("/")
    found = [(address.partition("?")[0], body) for address, body in _SCRIPT.findall(index)]
    own = [text(address) if address else body for address, body in found if not _left_out(address, body)]
    config = index.partition(_CONFIG)[2].partition("</script>")[0]
    layout = json.loads(text("/_dash-layout"))
    _offer_only(layout, lenses)
    return Shell(
        scripts=[files(_PLOTS[0]).joinpath(_PLOTS[1]).read_text(), *own],
        styles=[text(address) for address in _STYLE.findall(index)],
        config=config,
        answers={"/_dash-layout": layout, "/_dash-dependencies": json.loads(text("/_dash-dependencies"))},
    )


def script(name: str) -> str:
    """One of our own, by its name under assets/."""
    return (assets_folder() / name).read_text()


def _left_out(address: str, body: str) -> bool:
    return bool(NEVER.search(address)) or address.endswith(f"/{FIRST}") or body.lstrip().startswith("{")


def _offer_only(layout: dict[str, Any], lenses: frozenset[str]) -> None:
    """Take out of the page's settings all choices of the panels' heads that need arrays which are not there."""
    settings = next(part["props"]["data"] for part in layout["props"]["children"] if part["type"] == "Store")
    settings["lenses"] = {
        panel: [choice for choice in choices if not choice["lens"] or choice["lens"] in lenses]
        for panel, choices in settings["lenses"].items()
    }


def lenses_of(arrays: set[str]) -> frozenset[str]:
    """The lenses of which a frame that has these arrays has all."""
    return frozenset(lens for lens, added in LENS_ARRAYS.items() if {array.name for array in added} <= arrays)
