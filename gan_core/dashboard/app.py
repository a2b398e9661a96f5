"""The dashboard: a Dash application over a training session. Imports neither torch nor threading."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from dash import Dash

from gan_core.dashboard.http.admission import Admission
from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.backend import Backend
from gan_core.dashboard.http.data_api import add_data_routes
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.sweeps_api import add_sweep_routes
from gan_core.dashboard.http.tables_api import add_table_routes
from gan_core.dashboard.http.unknown import add_unknown
from gan_core.dashboard.http.view import Archive, SessionView, SweepsView, TablesView
from gan_core.dashboard.page.astray import STYLE, astray_element, astray_hash
from gan_core.dashboard.page.callbacks import add_callbacks
from gan_core.dashboard.page.compare import add_compare
from gan_core.dashboard.page.experiment import Choices
from gan_core.dashboard.page.layout import page
from gan_core.dashboard.page.markup import lighter
from gan_core.dashboard.page.texts import texts_element
from gan_core.dashboard.page.theme import css_variables
from gan_core.texts.catalogue import catalogue, say

ASSETS = Path(__file__).resolve().parents[2] / "assets"

_INDEX = """<!DOCTYPE html>
<html lang="LANGUAGE" data-base="BASE">
    <head>
        {%metas%}
        <title>{%title%}</title>
        {%favicon%}
        <style>VARIABLES</style>
        <noscript><style>#astray { display: none; }</style></noscript>
        {%css%}
    </head>
    <body>
        <noscript>NO_SCRIPT</noscript>
        TEXTSASTRAY
        {%app_entry%}
        <footer class="dash-scripts">{%config%}{%scripts%}{%renderer%}</footer>
    </body>
</html>"""


def create_app(
    session: SessionView,
    archive: Archive | None = None,
    *,
    choices: Choices,
    sweeps: SweepsView | None = None,
    tables: TablesView | None = None,
    admission: Admission | None = None,
    ancestors: Iterable[str] = (),
    base: str = "",
) -> Dash:
    """Build the application. `choices` are what an experiment can be made of, as they are when a page is asked for.

    `admission` says whom it lets in, by default those that speak to it on this machine; pages of `ancestors` may have
    its own in a frame. `base` is the path that its addresses begin with, "/gan" or "" for none.
    """
    app = Dash(
        "ganscope",
        backend=Backend,
        title=say("page.title"),
        update_title="",
        assets_folder=str(ASSETS),
        assets_ignore=r"(compare|astray)\.js",  # one page loads it by itself, and every page has the other in it
        requests_pathname_prefix=f"{base}/",
        routes_pathname_prefix="/",
        index_string=_index(base),
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": say("page.description")},
        ],
        serve_locally=True,
    )
    app.layout = lambda: lighter(page(session.status(), choices))
    add_callbacks(app)
    add_unknown(app.server, base)
    guard(app.server, admission, scripts=(*app.csp_hashes(), astray_hash()), ancestors=ancestors, base=base)
    add_routes(app.server, session)
    if archive is not None:
        add_run_routes(app.server, session, archive)
        add_data_routes(app.server, session)
        add_compare(app.server, base)
    if sweeps is not None:
        add_sweep_routes(app.server, sweeps)
    if tables is not None:
        add_table_routes(app.server, tables)
    # What Dash would do at the first request, while a second one could meet it half done.
    app._setup_server()  # type: ignore[no-untyped-call]
    return app


def _index(base: str) -> str:
    language, needed = catalogue().language, escape(say("page.no-script"))
    style = f"{css_variables()}\n{STYLE}"
    page = _INDEX.replace("VARIABLES", style).replace("LANGUAGE", language).replace("NO_SCRIPT", needed)
    return page.replace("BASE", base).replace("ASTRAY", astray_element()).replace("TEXTS", texts_element())
