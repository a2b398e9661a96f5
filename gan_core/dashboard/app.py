"""The dashboard: a Dash application over a training session. Imports neither torch nor threading."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from dash import Dash

from gan_core.dashboard.http.admission import Admission
from gan_core.dashboard.http.api import add_routes
from gan_core.dashboard.http.backend import Backend
from gan_core.dashboard.http.data_api import add_data_routes
from gan_core.dashboard.http.exports_api import add_export_routes
from gan_core.dashboard.http.guard import guard
from gan_core.dashboard.http.present import Presenting, add_presenting
from gan_core.dashboard.http.runs_api import add_run_routes
from gan_core.dashboard.http.sweeps_api import add_sweep_routes
from gan_core.dashboard.http.tables_api import add_table_routes
from gan_core.dashboard.http.unknown import add_unknown
from gan_core.dashboard.http.view import Archive, ExportsView, SessionView, SweepsView, TablesView
from gan_core.dashboard.page.astray import STYLE, astray_element, astray_hash
from gan_core.dashboard.page.callbacks import add_callbacks
from gan_core.dashboard.page.compare import add_compare
from gan_core.dashboard.page.experiment import Choices
from gan_core.dashboard.page.layout import page
from gan_core.dashboard.page.markup import lighter
from gan_core.dashboard.page.texts import texts_element
from gan_core.panels.theme import css_variables
from gan_core.system.assets import assets_folder
from gan_core.texts.catalogue import catalogue, say

_INDEX = """<!DOCTYPE html>
<html lang="LANGUAGE" data-base="BASE"LINKS>
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
    exports: ExportsView | None = None,
    admission: Admission | None = None,
    ancestors: Iterable[str] = (),
    base: str = "",
    links: str | None = None,
    presenting: Presenting | None = None,
) -> Dash:
    """Build the application. `choices` are what an experiment can be made of, as they are when a page is asked for.

    `admission` says whom it lets in, by default those that speak to it on this machine; pages of `ancestors` may have
    its own in a frame. `base` is the path that its addresses begin with, "/gan" or "" for none. `links` is the
    path of the page that copied links lead to, where that is another. With `presenting`, only one steers.
    """
    app = Dash(
        "ganscope",
        backend=Backend,
        title=say("page.title"),
        update_title="",
        assets_folder=str(assets_folder()),
        assets_ignore=r"(compare|astray|in_file)\.js",  # pages load them by themselves, or have them in them
        requests_pathname_prefix=f"{base}/",
        routes_pathname_prefix="/",
        index_string=_index(base, links),
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": say("page.description")},
        ],
        serve_locally=True,
    )
    app.layout = lambda: lighter(page(session.status(), choices, presents=presenting is not None))
    add_callbacks(app)
    add_unknown(app.server, base)
    if presenting is not None:
        add_presenting(app.server, presenting, base)
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
    if exports is not None:
        add_export_routes(app.server, exports)
    # What Dash would do at the first request, while a second one could meet it half done.
    app._setup_server()  # type: ignore[no-untyped-call]
    return app


def _index(base: str, links: str | None) -> str:
    parts = {
        "VARIABLES": f"{css_variables()}\n{STYLE}",
        "LANGUAGE": catalogue().language,
        "NO_SCRIPT": escape(say("page.no-script")),
        "LINKS": "" if links is None else f' data-links="{escape(links)}"',
        "BASE": base,
        "ASTRAY": astray_element(),
        "TEXTS": texts_element(),
    }
    page = _INDEX
    for name, text in parts.items():
        page = page.replace(name, text)
    return page
