"""The page of two recorded runs beside each other: /compare?a=ID&b=ID.

Each run is a view-only page of its own in a frame; assets/compare/compare.js fills in what is around them, and hands
messages from one to the other. It is no Dash page: nothing here is a graph or a control of Dash.
"""

from __future__ import annotations

import json
from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from gan_core.dashboard.page.astray import STYLE, astray_element
from gan_core.dashboard.page.texts import texts_element
from gan_core.panels.theme import css_variables
from gan_core.setup.labels import labels
from gan_core.setup.presets import PRESETS
from gan_core.texts.catalogue import catalogue, say

_CIRCUMSTANCES = ("path", "precision", "threads", "device", "machine", "torch", "parent")

_PAGE = """<!DOCTYPE html>
<html lang="LANGUAGE" data-base="BASE">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>TITLE</title>
        <link rel="icon" href="BASE/_favicon.ico">
        <style>VARIABLES</style>
        <noscript><style>#astray { display: none; }</style></noscript>
        <link rel="stylesheet" href="BASE/assets/styles/10-base.css">
        <link rel="stylesheet" href="BASE/assets/styles/20-layout.css">
        <link rel="stylesheet" href="BASE/assets/styles/40-controls.css">
        <link rel="stylesheet" href="BASE/assets/styles/60-compare.css">
        <link rel="stylesheet" href="BASE/assets/styles/80-forced-colours.css">
    </head>
    <body>
        <div class="compare-page" data-words="WORDS">
            <header class="header">
                <h1>HEADING</h1>
                <span id="compare-words" role="status"></span>
                <a class="button" href="BASE/">TO_LIVE</a>
                <button id="compare-theme" class="button"
                    aria-label="THEME" title="THEME"><span class="icon icon-theme"></span></button>
            </header>
            <main id="compare"></main>
            <noscript>NO_SCRIPT</noscript>
        </div>
        TEXTSASTRAY
        <script src="BASE/assets/app.js"></script>
        <script src="BASE/assets/browser.js"></script>
        <script src="BASE/assets/texts.js"></script>
        <script src="BASE/assets/data/wire.js"></script>
        <script src="BASE/assets/data/own_names.js"></script>
        <script src="BASE/assets/compare/compare.js"></script>
    </body>
</html>"""


def add_compare(server: FastAPI, base: str = "") -> None:
    """Register /compare on `server`, whose addresses begin with `base`."""
    words = {
        "labels": {
            **{name: say(f"compare.setting.{name}") for name in ("preset", "seed")},
            **labels(),
            **{name: say(f"compare.setting.{name}") for name in _CIRCUMSTANCES},
        },
        "presets": {preset.name: preset.title for preset in PRESETS.values()},
    }
    sentences = {
        "TITLE": say("compare.page-title"),
        "HEADING": say("compare.heading"),
        "TO_LIVE": say("controls.to-live"),
        "THEME": say("button.theme.help"),
        "NO_SCRIPT": say("compare.no-script"),
        "LANGUAGE": catalogue().language,
        "WORDS": json.dumps(words),
    }
    page = _PAGE.replace("VARIABLES", f"{css_variables()}\n{STYLE}").replace("BASE", base)
    for place, sentence in sentences.items():
        page = page.replace(place, escape(sentence))
    page = page.replace("ASTRAY", astray_element()).replace("TEXTS", texts_element())

    @server.get("/compare")
    async def compare() -> HTMLResponse:
        return HTMLResponse(page)
