"""Imports go downward only: the table of layers, held against what the files import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "gan_core"

# Layer of each module, by the first part of its name inside gan_core. A new module needs a line here.
LAYERS = {
    # L0: data
    "config": 0,
    "experiment": 0.1,
    "limits": 0,
    "recipe": 0.2,
    "records": 0.3,
    "readings": 0,
    "commands": 0.4,
    "scenario": 0,
    "zoo": 0,
    "presets": 0,
    "options": 0.4,
    # L1: pieces
    "targets": 1,
    "networks": 1,
    "kernels": 1,
    "objectives": 1,
    "adam": 1,
    "backprop": 1,
    "batches": 1,
    "metrics": 1,
    "pushforward": 1,
    "best_d": 1,
    "pull": 1,
    "jacobian": 1,
    "chase": 1,
    "diagnosis": 1,
    "forward": 1,
    "looks": 2.5,
    "probes": 2.5,
    "compute": 1,
    "machine": 1,
    "fineness": 1,
    "pace": 1.1,
    "tempo": 1,
    "audience": 1,
    "chronicle": 2,
    "instruments": 2.5,
    "references": 2.5,
    "lenses": 2.5,
    "parts": 1,
    "envelope": 1,
    "thinning": 1,
    "payloads": 1,
    # L2: built from them
    "gan_step": 2,
    "supervised_step": 2,
    "tasks": 2,
    "cuda_graph": 2,
    "engine": 2,
    "history": 2,
    "journey": 2,
    "checkpoint": 2,
    "run_lock": 1,
    "extremes": 1,
    "run_rows": 1,
    "run_database": 2,
    "run_metrics": 2,
    "run_file": 2,
    "run_room": 2,
    "run_branch": 2,
    "run_import_metrics": 2,
    "run_import": 2,
    "wire": 2,
    # L3: what runs
    "board": 3,
    "receipt": 3,
    "session": 3,
    "summary": 3,
    "headless": 3,
    "recorder": 3,
    "resume": 3,
    "stored": 3,
    "rerun": 3,
    "beside": 3,
    "child": 0,
    "library": 3,
    "replay": 3,
    "proof": 3,
    "rerun_worker": 3,
    # L4: what people see
    "dashboard": 4,
    # Entry points
    "bench": 5,
    "__main__": 5,
    "__init__": 5,
}
# Within a layer, who may import whom.
SAME_LAYER = {
    ("scenario", "config"),
    ("zoo", "config"),
    ("zoo", "scenario"),
    ("presets", "config"),
    ("presets", "scenario"),
    ("presets", "zoo"),
    ("options", "config"),
    ("options", "presets"),
    ("kernels", "compute"),
    ("kernels", "networks"),
    ("objectives", "kernels"),
    ("adam", "networks"),
    ("backprop", "kernels"),
    ("backprop", "networks"),
    ("batches", "kernels"),
    ("batches", "targets"),
    ("metrics", "targets"),
    ("pushforward", "parts"),
    ("pushforward", "targets"),
    ("pull", "networks"),
    ("jacobian", "networks"),
    ("forward", "networks"),
    ("probes", "looks"),
    ("chronicle", "history"),
    ("instruments", "best_d"),
    ("instruments", "chase"),
    ("instruments", "looks"),
    ("instruments", "metrics"),
    ("instruments", "pushforward"),
    ("instruments", "targets"),
    ("lenses", "best_d"),
    ("lenses", "instruments"),
    ("lenses", "jacobian"),
    ("lenses", "looks"),
    ("lenses", "pull"),
    ("references", "best_d"),
    ("references", "looks"),
    ("references", "metrics"),
    ("references", "pushforward"),
    ("references", "targets"),
    ("probes", "instruments"),
    ("probes", "references"),
    ("probes", "lenses"),
    ("stored", "resume"),
    ("probes", "networks"),
    ("probes", "targets"),
    ("supervised_step", "gan_step"),
    ("tasks", "gan_step"),
    ("tasks", "supervised_step"),
    ("cuda_graph", "tasks"),
    ("engine", "cuda_graph"),
    ("engine", "tasks"),
    ("checkpoint", "engine"),
    ("journey", "history"),
    ("run_file", "checkpoint"),
    ("run_file", "run_database"),
    ("run_file", "run_metrics"),
    ("run_metrics", "run_database"),
    ("run_branch", "run_database"),
    ("run_branch", "run_file"),
    ("run_branch", "run_room"),
    ("run_room", "run_database"),
    ("run_room", "run_file"),
    ("headless", "summary"),
    ("session", "board"),
    ("session", "receipt"),
    ("session", "recorder"),
    ("session", "resume"),
    ("proof", "replay"),
    ("rerun", "rerun_worker"),
    ("session", "beside"),
    ("rerun_worker", "replay"),
    ("run_import", "checkpoint"),
    ("run_import", "run_database"),
    ("run_import", "run_file"),
    ("run_import", "run_import_metrics"),
    ("run_import_metrics", "tasks"),
    ("run_import", "tasks"),
    ("run_import", "wire"),
    ("__main__", "bench"),
}
# Downward, but not for everyone: these see the rest of the program through records and protocols.
WITHOUT_TORCH = {
    "config",
    "experiment",
    "records",
    "commands",
    "presets",
    "options",
    "pace",
    "tempo",
    "diagnosis",
    "envelope",
    "history",
    "wire",
    "dashboard",
}
THREADS = {"threading", "_thread", "concurrent", "multiprocessing", "asyncio", "queue"}

MAY_HAVE_THREADS = {"board", "receipt", "session", "recorder", "rerun", "beside", "child", "run_lock"}
MAY_HAVE_PROCESSES = {  # a command that trains hundreds of runs, and somebody who looks while a session trains
    PACKAGE / "bench" / "learning.py",
    PACKAGE / "bench" / "beside.py",
}

FILES = sorted(PACKAGE.rglob("*.py"))
EACH = pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])


def part(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(file: Path, *, at_run_time: bool = False) -> set[str]:
    """Full names of the modules (and of the names in them) that a file imports, wherever in it."""
    names: set[str] = set()
    package = file.relative_to(ROOT).parent.parts
    for node in nodes(ast.parse(file.read_text()), at_run_time):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join((*package[: len(package) - node.level + 1], *base.split("."))).rstrip(".")
            names |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return names


def nodes(tree: ast.AST, at_run_time: bool) -> list[ast.AST]:
    """All nodes; with `at_run_time`, only those that run when the module is loaded."""
    found = []
    for node in ast.iter_child_nodes(tree):
        if at_run_time and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if at_run_time and isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        found += [node, *nodes(node, at_run_time)]
    return found


def parts_imported(file: Path) -> set[str]:
    inside = {name.split(".")[1] for name in imports(file) if name.startswith("gan_core.")}
    return {name for name in inside if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()}


def test_the_table_names_every_module_and_no_other() -> None:
    assert {part(file) for file in FILES} == set(LAYERS)


@EACH
def test_imports_go_downward(file: Path) -> None:
    here = part(file)
    for there in parts_imported(file) - {here}:
        assert LAYERS[there] < LAYERS[here] or (here, there) in SAME_LAYER, f"{here} must not import {there}"


def test_no_permission_is_left_over() -> None:
    used = {(part(file), there) for file in FILES for there in parts_imported(file)}
    assert used >= SAME_LAYER


@EACH
def test_the_dashboard_sees_the_session_through_its_protocol(file: Path) -> None:
    if part(file) == "dashboard":
        assert not parts_imported(file) & {"session", "engine", "headless", "history", "probes", "bench"}


@pytest.mark.parametrize("module", sorted(WITHOUT_TORCH))
def test_no_torch_directly_or_indirectly(module: str) -> None:
    """Follows what is imported when the module is loaded, through the whole package."""
    for start in (file for file in FILES if part(file) == module):
        seen, todo = set(), [start]
        while todo:
            file = todo.pop()
            seen.add(file)
            for name in imports(file, at_run_time=True):
                assert name.split(".")[0] != "torch", f"{start.name} reaches torch through {file.name}"
                todo += [f for f in files_of(name) if f not in seen]


def files_of(name: str) -> list[Path]:
    """Files that run when `name` is imported."""
    if name.split(".")[0] != "gan_core":
        return []
    at = ROOT.joinpath(*name.split("."))
    return [f for f in (at / "__init__.py", at.with_suffix(".py"), PACKAGE / "__init__.py") if f.exists()]


@EACH
def test_few_files_have_threads(file: Path) -> None:
    if part(file) in MAY_HAVE_THREADS or file in MAY_HAVE_PROCESSES:
        return
    assert not {name.split(".")[0] for name in imports(file)} & THREADS


def test_the_engine_knows_no_files_clocks_or_browsers() -> None:
    for module in ("engine", "networks", "objectives", "targets", "metrics", "probes"):
        names = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
        assert not names & {"time", "datetime", "pathlib", "os", "io", "json", "socket", "dash", "flask", "plotly"}


@pytest.mark.parametrize("module", ["history", "pace", "tempo", "diagnosis"])
def test_pure_modules_read_no_clock(module: str) -> None:
    names = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    assert not names & {"time", "datetime", "threading", "os", "pathlib"}


def test_nothing_starts_when_a_module_is_loaded() -> None:
    """No thread, no server, no engine: what is called on module level makes data, or an environment's default."""
    for file in FILES:
        for node in ast.parse(file.read_text()).body:
            called = (
                ast.unparse(node.value.func) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else ""
            )
            assert called in ("", "os.environ.setdefault"), f"{file.name}:{node.lineno} calls {called} on import"
