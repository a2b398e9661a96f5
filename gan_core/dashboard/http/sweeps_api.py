"""The HTTP side of sweeps: the list, one as it goes, what a plan would cost, and its table."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response

from gan_core.dashboard.http.answers import as_json
from gan_core.dashboard.http.asking import answer_for_none, as_file, do, workers_of
from gan_core.dashboard.http.body import object_body
from gan_core.dashboard.http.queries import whole_number
from gan_core.dashboard.http.view import SweepsView
from gan_core.setup.presets import PRESETS
from gan_core.texts.catalogue import say, say_or

ROWS = 500  # of one answer
MAX_KEYS = 64  # runs of which fakes are asked for at once
MAX_WORD = 60  # characters of a key, or of a reading's name
MAX_BODY = 1 << 20  # bytes
Body = Annotated[dict[str, Any], Depends(object_body(MAX_BODY))]


def add_sweep_routes(server: FastAPI, sweeps: SweepsView) -> None:
    """Register what the README lists under /api/sweeps."""

    @server.get("/api/sweeps")
    def all_sweeps() -> Response:
        return as_json({"sweeps": [_named(dict(one)) for one in sweeps.listed()], "cores": sweeps.cores})

    @server.post("/api/sweeps")
    def begin_sweep(body: Body) -> Response:
        plan, workers = _asked(body)
        return as_json({"id": sweeps.begin(plan, workers)})

    @server.post("/api/sweeps/cost")
    def cost_of_sweep(body: Body) -> Response:
        """202 while a run is tried: to be asked again."""
        plan, workers = _asked(body)
        found = dict(sweeps.cost(plan))
        if found["seconds"] is None:
            return as_json(found, 202)
        return as_json({**found, "seconds_in_all": found["seconds"] * found["runs"] / min(workers, found["runs"])})

    @server.get("/api/sweeps/{name}")
    def one_sweep(request: Request, name: str) -> Response:
        first = whole_number(request, "from")
        found = dict(sweeps.told(name, first, ROWS))
        return as_json({**found, "sweep": _named(found["sweep"]), "next": first + len(found["rows"])})

    @server.post("/api/sweeps/{name}")
    def act_on_sweep(name: str, body: Body) -> Response:
        do(sweeps, name, body)
        return as_json({})

    @server.delete("/api/sweeps/{name}")
    def delete_sweep(name: str) -> Response:
        sweeps.delete(name)
        return as_json({})

    @server.get("/api/sweeps/{name}/looks")
    def looks_of_sweep(request: Request, name: str) -> Response:
        return as_json(dict(sweeps.looks(name, whole_number(request, "from"))))

    @server.get("/api/sweeps/{name}/fakes")
    def fakes_of_sweep(request: Request, name: str) -> Response:
        keys = [key[:MAX_WORD] for key in request.query_params.get("keys", "").split(",") if key]
        if len(keys) > MAX_KEYS:
            raise ValueError(say("sweeps.many-keys", most=MAX_KEYS))
        return as_json({"fakes": dict(sweeps.fakes(name, keys))})

    @server.get("/api/sweeps/{name}/reals")
    def reals_of_sweep(request: Request, name: str) -> Response:
        return as_json({"reals": sweeps.reals(name, whole_number(request, "cell"))})

    @server.get("/api/sweeps/{name}/compare")
    def recipes_of_sweep(request: Request, name: str) -> Response:
        reading = request.query_params.get("reading", "coverage")[:MAX_WORD]
        return as_json({"rows": list(sweeps.compared(name, reading))})

    @server.get("/api/sweeps/{name}/table")
    def table_of_sweep(name: str) -> Response:
        return as_file(sweeps.table(name), "application/vnd.apache.parquet", f"{name}.parquet")

    answer_for_none(server)


def _named(sweep: dict[str, Any]) -> dict[str, Any]:
    """With its title in words."""
    if sweep["damage"]:
        return {**sweep, "title": sweep["id"]}
    preset, axes = sweep["preset"], sweep["axes"]
    scenario = PRESETS[preset].title if preset in PRESETS else preset
    title = say("sweeps.of-seeds", scenario=scenario, n=sweep["seeds"])
    if axes:
        names = " × ".join(say_or(say_or(name, f"compare.setting.{name}"), f"value.{name}.label") for name in axes)
        title = say("sweeps.of-axes", scenario=scenario, axes=names, n=sweep["seeds"])
    return {**sweep, "title": title}


def _asked(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    plan = body.get("plan")
    if not isinstance(plan, dict):
        raise ValueError(say("refusal.no-object"))
    return plan, workers_of(body)
