"""The page of two recorded runs beside each other: /compare?a=ID&b=ID.

Each run is a view-only page of its own in a frame; assets/compare/compare.js fills in what is around them, and hands
messages from one to the other. It is no Dash page: nothing here is a graph or a control of Dash.
"""

from __future__ import annotations

import json
from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from gan_core.dashboard.page.texts import texts_element
from gan_core.dashboard.page.theme import css_variables
from gan_core.setup.labels import labels
from gan_core.setup.presets import PRESETS
from gan_core.texts.catalogue import catalogue, say

_CIRCUMSTANCES = ("path", "precision", "threads", "device", "machine", "torch", "parent")

_PAGE = """<!DOCTYPE html>
<html lang="LANGUAGE">
    <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>TITLE</title>
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
                <h1>HEADING</h1>
                <span id="compare-words" role="status"></span>
                <a class="button" href="/">TO_LIVE</a>
                <button id="compare-theme" class="button"
                    aria-label="THEME" title="THEME"><span class="icon icon-theme"></span></button>
            </header>
            <main id="compare"></main>
            <noscript>NO_SCRIPT</noscript>
        </div>
        TEXTS
        <script src="/assets/app.js"></script>
        <script src="/assets/browser.js"></script>
        <script src="/assets/texts.js"></script>
        <script src="/assets/data/wire.js"></script>
        <script src="/assets/data/own_names.js"></script>
        <script src="/assets/compare/compare.js"></script>
    </body>
</html>"""


def add_compare(server: FastAPI) -> None:
    """Register /compare on `server`."""
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
    page = _PAGE.replace("VARIABLES", css_variables())
    for place, sentence in sentences.items():
        page = page.replace(place, escape(sentence))
    page = page.replace("TEXTS", texts_element())

    @server.get("/compare")
    async def compare() -> HTMLResponse:
        return HTMLResponse(page)
