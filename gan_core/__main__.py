"""`python -m gan_core`: training without a browser, one run or many, the proof of a recorded run, and the benchmark."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from gan_core.cli import export_options, sweep_options
from gan_core.cli.arguments import Parser, argument, read_name, read_path, read_picture, values_of, whole_number
from gan_core.cli.options import (
    MANY_STEPS,
    MAX_STEPS,
    RUN_OPTIONS,
    VERIFY_OPTIONS,
    WITH,
    BenchOptions,
    RunOptions,
    TrainOptions,
    VerifyOptions,
    load_laboratory,
    read_config_item,
    read_preset,
    read_setting,
    read_soak_length,
)
from gan_core.cli.own_data import with_points
from gan_core.cli.reader import heard_out
from gan_core.records.condition import only_step, read_condition
from gan_core.setup.config import GANConfig
from gan_core.setup.presets import PRESETS, find_preset

_NO_MATPLOTLIB = "argument --plot: matplotlib is not installed: pip install -r requirements.txt"


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run one command. Returns the exit status: 0; 1 for trouble on the way; 130 after Ctrl-C.

    Exits with status 2 and one line when an option is no good.
    """
    load_laboratory(argv, environ, "python -m gan_core")
    parser = Parser(prog="python -m gan_core", description="GANscope without a browser.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    train = commands.add_parser("train", help="train one scenario into files", description=_train.__doc__)
    train.set_defaults(run=_train, parser=train)
    _add_train_arguments(train)
    sweep = commands.add_parser("sweep", help="train many runs, and make a table of them", description=_sweep.__doc__)
    sweep.set_defaults(run=_sweep, parser=sweep)
    sweep_options.add_arguments(sweep)
    verify = commands.add_parser("verify", help="train a recorded run again and compare", description=_verify.__doc__)
    verify.set_defaults(run=_verify, parser=verify)
    _add_verify_arguments(verify)
    export = commands.add_parser("export", help="make a file of a recorded run", description=export_options.__doc__)
    export.set_defaults(run=export_options.run, parser=export)
    export_options.add_arguments(export)
    bench = commands.add_parser("bench", help="measure the training speed", description=_bench.__doc__)
    bench.set_defaults(run=_bench, parser=bench)
    _add_bench_arguments(bench)
    for command in (train, sweep, verify, export, bench):
        WITH.add_to(command, ())
    given = parser.parse_args(argv)
    try:
        status: int = given.run(given, environ)
        return status
    except KeyboardInterrupt:
        print(f"{given.parser.prog}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        print(f"{given.parser.prog}: {place}{error.strerror or error}", file=sys.stderr)
        return 1


def _add_train_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("preset", type=argument(read_preset), metavar="PRESET", help=f"scenario: {', '.join(PRESETS)}")
    add("--out", type=argument(read_path), required=True, metavar="DIR", help="folder for what comes of it")
    add(
        "--steps",
        type=argument(whole_number("steps", 1, MAX_STEPS)),
        metavar="N",
        help=f"training steps (default: those that the scenario is meant for, at most {MANY_STEPS:,})",
    )
    add(
        "--set",
        dest="settings",
        type=argument(read_setting),
        action="append",
        default=[],
        metavar="NAME=VALUE@STEP",
        help="change a hyper-parameter; STEP is the first step trained with the new value; may be repeated",
    )
    add(
        "--config",
        type=argument(read_config_item),
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another target, network, batch, ... than the scenario's, as batch=64; target=csv:FILE, or "
        "target=csv:FILE#COLUMN,COLUMN, takes the points of a table (csv-each: scales each column by itself); may be "
        "repeated. Keys: " + ", ".join(vars(GANConfig())),
    )
    add(
        "--until",
        type=argument(read_condition),
        metavar="CONDITION",
        help="stop at the first look at which this holds, as collapsed, or 'coverage > 0.8 and step >= 1000'; there is "
        "one at least every 20 steps, and at each step that it names",
    )
    add(
        "--weights",
        type=argument(read_path),
        metavar="FILE",
        help="begin with weights that `export` wrote; what the optimisers gather begins at zero",
    )
    add("--record", action="store_true", help="also record the run into DIR: `app.py --runs DIR` shows it")
    add("--resume", action="store_true", help="go on with the run recorded in DIR, or begin it; implies --record")
    for option in RUN_OPTIONS:
        option.add_to(parser, getattr(RunOptions(), option.dest))


def _train(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Train one scenario, without a browser, into metrics.csv (one row a step), samples.npy (5 000 x 2), summary.json.

    Without --seed, a scenario that is shown with a seed of its own takes that one.
    """
    preset = find_preset(given.preset)
    steps = given.steps or min(preset.length, MANY_STEPS)
    for setting in given.settings:
        if setting.step > steps:
            given.parser.error(
                f"argument --set: {setting.name} would change at step {setting.step}, after the last of {steps}."
            )
    step = None if given.until is None else only_step(given.until)
    if step is not None and step > steps:
        given.parser.error(f"argument --until: step {step} comes after the last of {steps}.")
    values = {"seed": preset.seed or 0, **values_of(RUN_OPTIONS, given, environ, given.parser)}
    try:
        config = with_points(dict(given.config), given.out)
        preset.altered(config, {})
    except ValueError as error:
        given.parser.error(f"argument --config: {error}")
    options = TrainOptions(
        preset=preset.name,
        out=given.out,
        steps=steps,
        config=config,
        settings=tuple(given.settings),
        record=given.record or given.resume,
        resume=given.resume,
        until=given.until,
        weights=given.weights,
        **values,
    )
    from gan_core.cli import train as headless  # only now: torch takes seconds to load

    try:
        opened = headless.make_run(options)
    except ValueError as error:  # what only this machine or the folder can say: a device that it does not have, say
        given.parser.error(str(error))
    return headless.run(opened, options)


def _sweep(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Train every combination of what is varied, over seeds, on all cores or on a Dask cluster; DIR/sweep.parquet has a
    row a run. Interrupted or killed, the same command goes on: at most the runs in progress are lost.
    """
    try:
        config = with_points(dict(given.config), given.out)
    except ValueError as error:
        given.parser.error(f"argument --config: {error}")
    if given.plot is not None and find_spec("matplotlib") is None:
        given.parser.error(_NO_MATPLOTLIB)
    options = sweep_options.options_of(given, config)
    from gan_core.cli import sweep  # only now: torch and Dask take seconds to load

    try:
        status = sweep.run(sweep.make_plan(options), options)
    except ValueError as error:  # what only the registries or the folder can say
        given.parser.error(str(error))
    return status


def _add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recorded", type=argument(read_name), metavar="RUN", help="its file, or its id in the folder")
    for option in VERIFY_OPTIONS:
        option.add_to(parser, getattr(VerifyOptions(run=""), option.dest))


def _verify(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Train a recorded run again, and hold every checkpoint and every row of metrics against what was recorded."""
    options = VerifyOptions(run=given.recorded, **values_of(VERIFY_OPTIONS, given, environ, given.parser))
    from gan_core.cli import verify as proof  # only now: torch takes seconds to load

    try:
        status = proof.run(options)
    except ValueError as error:  # what is no run, or one that this machine cannot compute
        given.parser.error(str(error))
    return status


def _add_bench_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer and shorter rounds: some minutes, rough figures")
    add(
        "--out",
        type=argument(read_path),
        default=BenchOptions.out,
        metavar="FILE",
        help="where to write the figures as JSON (default: %(default)s)",
    )
    add(
        "--plot",
        type=argument(read_picture),
        metavar="FILE",
        help="also draw the figures into a .png or .svg file; needs matplotlib",
    )
    add(
        "--soak",
        type=argument(read_soak_length),
        metavar="LENGTH",
        help="instead, watch the server's memory over a long run: seconds with an s (900s), or training steps (600000)",
    )
    for option in RUN_OPTIONS:
        if option.name in ("device", "threads"):
            option.add_to(parser, getattr(RunOptions(), option.dest))


def _bench(given: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Measure the training speed against other libraries, the cost of looking, and what a start and a browser cost."""
    if given.plot is not None and find_spec("matplotlib") is None:
        given.parser.error(_NO_MATPLOTLIB)
    run_options = [option for option in RUN_OPTIONS if option.name in ("device", "threads")]
    options = BenchOptions(
        quick=given.quick,
        out=given.out,
        plot=given.plot,
        soak=given.soak,
        **values_of(run_options, given, environ, given.parser),
    )
    from gan_core.bench import command as bench
    from gan_core.training import compute  # only now: torch takes seconds to load

    try:
        compute.resolve(options.device, threads=options.threads)
    except ValueError as error:
        given.parser.error(str(error))
    return bench.run(options)


if __name__ == "__main__":
    status = heard_out(lambda: main(sys.argv[1:], os.environ))
    sys.stderr.flush()
    os._exit(status)  # not sys.exit: all is written, and torch, taken apart under load, may abort after that
