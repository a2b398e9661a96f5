"""What each package may import: one table, held against what the files import."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "gan_core"

# Every package, lower ones first, and the others that its files may import. A sub-package is a package of its own.
MAY_IMPORT: dict[str, str] = {
    "texts": "",
    "system": "",
    "setup": "texts",
    "datasets": "system texts",
    "targets": "datasets setup",
    "records": "setup texts",
    "panels": "setup texts",
    "wire": "records setup",
    "training": "records setup system targets",
    "theory": "setup training",
    "looking.measures": "targets training",
    "looking": "looking.measures records setup targets theory training",
    "run": "looking looking.measures records setup system texts training",
    "recording.file": "records run setup system training wire",
    "recording": "datasets looking records recording.file run setup system texts training wire",
    "rerun": "looking records recording.file run setup system texts training wire",
    "export": "looking panels recording.file records rerun run setup system targets texts training wire",
    "sweep": "looking looking.measures records recording.file run setup system targets texts training wire",
    "papers": "looking looking.measures records setup sweep targets texts training",
    "live": "looking records recording recording.file rerun run setup system texts training wire",
    "dashboard": "datasets panels records setup system texts wire",
    "sandbox": "system texts",
    "export.page": "dashboard export panels recording recording.file records run setup system texts training wire",
    "cli": "datasets export looking looking.measures records recording recording.file rerun run setup sweep system "
    "texts training wire",
    "notebook": "system",
    "bench": "",  # and everything that is above
}
# How the package is entered: these may import all.
ENTRANCES = {"__init__", "__main__", "serve"}
# Neither these nor what they import when they are loaded needs torch.
WITHOUT_TORCH = [
    "system",
    "setup",
    "datasets",
    "records",
    "wire",
    "panels",
    "dashboard",
    "cli.options",
    "export.asked",
    "export.registry",
    "run.history",
    "run.thinning",
    "run.extremes",
    "run.diagnosis",
    "run.journey",
    "looking.fineness",
    "live.tempo",
    "live.budget",
]
READ_NO_CLOCK = ["run.history", "run.diagnosis", "run.journey", "looking.fineness", "live.budget", "live.tempo"]
KNOW_NO_FILE_OR_BROWSER = ["training", "targets", "theory", "looking", "run.history", "run.chronicle"]
MAY_HAVE_THREADS = [
    "live.board",
    "live.receipt",
    "live.session",
    "live.trainer",
    "live.beside",
    "live.looker",
    "live.queue",
    "recording.recorder",
    "recording.file.lock",
    "rerun.process",
    "export.service",
    "export.worker",
    "system.child",
    "sweep.conduct",
    "sweep.line",  # watches the process that trains
    "sweep.trial",
    "dashboard.http.present",  # whoever watches waits on the event loop
    "sandbox.child",
    "sandbox.front",
    "sandbox.tether",  # waits for the end of the process that has started this one
    "sandbox.visitors",
    "dashboard.http.frames",  # coroutines alone
    "dashboard.http.newer",  # likewise
    "dashboard.http.listen",  # runs the event loop
    "bench.learning",  # trains many runs
    "bench.presented",  # a class watches and its presenter shows, at once
    "bench.beside",  # somebody who looks while a session trains
]
THREADS = {"threading", "_thread", "concurrent", "multiprocessing", "asyncio", "queue"}
CLOCKS = {"time", "datetime"}

FILES = sorted(PACKAGE.rglob("*.py"))
EACH = pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(PACKAGE)) for file in FILES])


def package_of(file: Path) -> str:
    """The package that a file belongs to; of a file that enters it, its own name."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    if len(parts) == 1:
        return parts[0]
    inner = ".".join(parts[:2])
    return inner if inner in MAY_IMPORT else parts[0]


def name_of(file: Path) -> str:
    """A file's dotted name inside the package; a package's own file has the package's."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def imports(file: Path, *, at_run_time: bool = False) -> frozenset[str]:
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
    return frozenset(names)


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


def module_of(name: str) -> Path | None:
    """The file of our own that an imported name is, or is in; None for the package itself and for others' names."""
    at = ROOT.joinpath(*name.split("."))
    here = [file for file in (at / "__init__.py", at.with_suffix(".py")) if file.exists()]
    return here[0] if here and here[0] != PACKAGE / "__init__.py" else None


def packages_imported(file: Path) -> set[str]:
    modules = {module_of(name) for name in imports(file) if name.startswith("gan_core.")}
    return {package_of(module) for module in modules if module is not None}


def all_imported_by(start: Path) -> list[Path]:
    """Every file of ours that is run when `start` is."""
    seen, todo = [start], [start]
    while todo:
        for name in imports(todo.pop(), at_run_time=True):
            if name.split(".")[0] == "gan_core":
                parts = name.split(".")
                folders = [ROOT.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts))]
                found = [file for file in (*folders, module_of(name)) if file is not None and file.exists()]
                new = [file for file in found if file not in seen]
                seen, todo = seen + new, todo + new
    return seen


@cache
def files_of(*names: str) -> list[Path]:
    """The files of packages, and files, of these names."""
    return [
        file
        for file in FILES
        if any(f"{name_of(file)}.".startswith(f"{name}.") or package_of(file) == name for name in names)
    ]


def modules_imported(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(file)}


def test_scipy_is_loaded_where_it_is_asked_for_and_not_at_the_start() -> None:
    """It takes a third of a second."""
    loading = {file for file in FILES if any(name.split(".")[0] == "scipy" for name in imports(file, at_run_time=True))}
    assert {package_of(file) for file in loading} <= {"bench", "sweep"}
    assert PACKAGE / "bench" / "learning.py" in loading  # that they are found at all


def test_what_draws_is_loaded_when_something_is_drawn() -> None:
    """It takes half a second, which a server's start must not."""
    for library in ("matplotlib", "av"):
        using = [file for file in FILES if library in modules_imported(file)]
        assert using
        for file in using:
            assert library not in {name.split(".")[0] for name in imports(file, at_run_time=True)}, file.name


def test_the_table_names_every_package_and_no_other() -> None:
    assert {package_of(file) for file in FILES} == {*MAY_IMPORT, *ENTRANCES}


def test_the_table_has_no_circle() -> None:
    """Each may import those before it alone."""
    below: set[str] = set()
    for package, others in MAY_IMPORT.items():
        assert set(others.split()) <= below, package
        below.add(package)


@EACH
def test_imports_keep_to_the_table(file: Path) -> None:
    here = package_of(file)
    if here in ENTRANCES or here == "bench":
        return
    allowed = {here, *MAY_IMPORT[here].split()}
    assert packages_imported(file) <= allowed, f"{here} may import {', '.join(sorted(allowed - {here})) or 'nothing'}"


def test_no_permission_is_left_over() -> None:
    used = {(package_of(file), there) for file in FILES for there in packages_imported(file)}
    assert used >= {(here, there) for here, others in MAY_IMPORT.items() for there in others.split()}


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_no_torch_directly_or_indirectly(name: str) -> None:
    files = files_of(name)
    assert files
    for start in files:
        for file in all_imported_by(start):
            torch = "torch" in {name.split(".")[0] for name in imports(file, at_run_time=True)}
            assert not torch, f"{start.name} reaches torch through {file.name}"


@EACH
def test_few_files_have_threads(file: Path) -> None:
    if file not in files_of(*MAY_HAVE_THREADS):
        assert not modules_imported(file) & THREADS


@pytest.mark.parametrize("name", READ_NO_CLOCK)
def test_pure_modules_read_no_clock(name: str) -> None:
    files = files_of(name)
    assert files
    for file in files:
        assert not modules_imported(file) & {*CLOCKS, "threading", "os", "pathlib"}


@pytest.mark.parametrize("file", files_of(*KNOW_NO_FILE_OR_BROWSER), ids=lambda file: file.name)
def test_what_trains_and_looks_knows_no_file_clock_or_browser(file: Path) -> None:
    assert not modules_imported(file) & {*CLOCKS, "pathlib", "io", "json", "socket", "dash", "flask", "plotly"}


def test_nothing_starts_when_a_module_is_loaded() -> None:
    """No thread, no server, no engine: module level makes data, fills a registry, or sets an environment's default."""
    for file in FILES:
        for node in ast.parse(file.read_text()).body:
            called = (
                ast.unparse(node.value.func) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else ""
            )
            fills = called.endswith(("S.add", "S.add_family"))
            assert fills or called in ("", "os.environ.setdefault"), f"{file.name}:{node.lineno} calls {called}"
