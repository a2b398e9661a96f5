"""The page of two recorded runs beside each other: /compare?a=ID&b=ID.

Each run is a view-only page of its own in a frame; assets/compare/compare.js fills in what is around them, and hands
messages from one to the other. It is no Dash page: nothing here is a graph or a control of Dash.
"""

from __future__ import annotations

import json
from html import escape

from flask import Flask

from gan_core.dashboard.page.texts import texts_element
from gan_core.dashboard.page.theme import css_variables
from gan_core.setup.config import BOUNDS
from gan_core.setup.presets import PRESETS

# In the order in which they are listed; what is not named here goes by the name of its field.
_CONFIGURATION = {
    "preset": "Scenario",
    "seed": "Seed",
    "task": "What is trained",
    "target": "Target",
    "objective": "Loss",
    "width": "Units in a hidden layer",
    "depth": "Hidden layers",
    "leak": "Slope of LeakyReLU below zero",
    "batch": "Batch",
    "beta2": "Adam's beta2",
    "epsilon": "Adam's epsilon",
}
_CIRCUMSTANCES = {
    "precision": "Precision",
    "threads": "Threads",
    "device": "Device",
    "machine": "Machine",
    "torch": "PyTorch",
    "parent": "Branched off",
}

_PAGE = """<!DOCTYPE html>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Compare two runs · GANscope</title>
        <link rel="icon" href="/_favicon.ico">
        <style>VARIABLES</style>
        <link rel="stylesheet" href="/assets/styles/10-base.css">
        <link rel="stylesheet" href="/assets/styles/20-layout.css">
        <link rel="stylesheet" href="/assets/styles/40-controls.css">
        <link rel="stylesheet" href="/assets/styles/60-compare.css">
        <link rel="stylesheet" href="/assets/styles/80-forced-colours.css">
    </head>
    <body>
        <div class="compare-page" data-words="WORDS">
            <header class="header">
                <h1>Compare two runs</h1>
                <span id="compare-words" role="status"></span>
                <a class="button" href="/">To the live run</a>
                <button id="compare-theme" class="button" aria-label="Switch between light and dark"
                    title="Switch between light and dark"><span class="icon icon-theme"></span></button>
            </header>
            <main id="compare"></main>
            <noscript>This page needs JavaScript.</noscript>
        </div>
        TEXTS
        <script src="/assets/app.js"></script>
        <script src="/assets/browser.js"></script>
        <script src="/assets/texts.js"></script>
        <script src="/assets/data/wire.js"></script>
        <script src="/assets/compare/compare.js"></script>
    </body>
</html>"""


def add_compare(server: Flask) -> None:
    """Register /compare on `server`."""
    words = {
        "labels": {**_CONFIGURATION, **{name: bounds.label for name, bounds in BOUNDS.items()}, **_CIRCUMSTANCES},
        "presets": {preset.name: preset.title for preset in PRESETS.values()},
    }
    page = _PAGE.replace("VARIABLES", css_variables()).replace("WORDS", escape(json.dumps(words)))
    page = page.replace("TEXTS", texts_element())

    @server.get("/compare")
    def compare() -> str:
        return page
