"""The `kmc` command."""

import os
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from kmc_harness.durations import stopwatch
from kmc_harness.hosting import supervision
from kmc_harness.verdicts import Misuse

if TYPE_CHECKING:
    from kmc_harness.report.results import Report, Run

__all__ = ["app"]


SUPERVISED = ("run", "replay", "doctor", "explore", "selftest")
"""The commands in which an adapter runs, or may."""
JUDGING, REPORTS = "Judge a login", "Work with reports"
ADAPTERS, MODEL = "Look things up, and write your own", "Use the reference model"
"""Under what heads the help lists the commands."""
WHOLE = 1_000
"""More letters than any line of help has: none is cut."""
STOPPED = 128 + signal.SIGINT
"""What typer makes of every stop."""
PIPE_CLOSED = 141
"""What a shell shows of a program whose reader has gone."""


class _Commands(TyperGroup):
    """All commands end a user's mistake alike: with a line, and exit code 2; and a mistake of ours with 3."""

    def main(self, *args: Any, **extra: Any) -> Any:
        def judge() -> int:
            # Not standalone: what leaves as SystemExit is then none of typer's.
            return int(super(_Commands, self).main(*args, **extra | {"standalone_mode": False}) or 0)

        if not set(SUPERVISED) & set(sys.argv[1:2]):
            return super().main(*args, **extra)
        raise SystemExit(supervision.supervised(lambda: _ended(judge)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for head in (JUDGING, ADAPTERS, REPORTS, MODEL):
            with formatter.section(head):
                formatter.write_dl(
                    [
                        (name, command.get_short_help_str(WHOLE))
                        for name, command in self.commands.items()
                        if getattr(command, "rich_help_panel", None) == head
                    ]
                )

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer's own Context is a subclass
        try:
            return super().invoke(ctx)
        except Misuse as error:
            typer.echo(f"kmc: {error}", err=True)
            raise typer.Exit(2) from error
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else the interpreter complains when it ends
            raise typer.Exit(PIPE_CLOSED) from error
        except (Exception, SystemExit) as error:
            if hasattr(error, "exit_code"):  # typer's own
                raise
            typer.echo(f"kmc: {_kept(error)}", err=True)
            raise typer.Exit(supervision.UNDECIDED) from error


def _ended(judge: Callable[[], int]) -> int:
    """Return the exit code of `judge`, however it ends."""
    try:
        code = judge()
    except typer.Abort:
        code = STOPPED
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        error.show()  # a mistake in the options
        return int(getattr(error, "exit_code", 2))
    return supervision.stopped_code() if code == STOPPED else code


def _kept(error: BaseException) -> str:
    """Keep the traceback of a mistake of ours in a file, and return what to do with it, in words."""
    import tempfile
    import traceback

    from kmc_harness.secrecy import redaction

    with tempfile.NamedTemporaryFile("w", prefix="kmc-broke-", suffix=".txt", delete=False, errors="replace") as file:
        file.write(redaction.without_secrets("".join(traceback.format_exception(error))))
    said = redaction.without_secrets(f"{type(error).__name__}: {error}")
    return f"kmc broke: {said}; please report it, with {file.name}"


app = typer.Typer(
    cls=_Commands,
    # Plain help: drawing it with rich would cost more than all the rest of `kmc --help`.
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kmc {version('kmc-harness')}")
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="show the version and end")
    ] = False,
) -> None:
    """Judge a two-factor login of the Kaltura Management Console by its documented behaviour."""
    from kmc_harness.cli import configuration

    if context.invoked_subcommand in ("run", "config") and (found := configuration.find(Path.cwd())):
        context.obj = found
        context.default_map = {"run": configuration.read(found, _settings_of_run(context))}


def _settings_of_run(context: Any) -> list[str]:
    """Return what a project's file may set: the options of `kmc run`, but for what is of one run alone."""
    of_one_run = ("resume", "shard", "context_names", "chosen", "first", "quiet", "verbose", "pytest_arguments", "help")
    return [each.name for each in context.command.get_command(context, "run").params if each.name not in of_one_run]


_JSON = Annotated[bool, typer.Option("--json", help="as JSON, for programs")]


@app.command(rich_help_panel=JUDGING)
def run(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Option(
            envvar="KMC_TARGET",
            help="model, a folder with a target.toml, kaltura:URL, browser:URL, python:module:Class, or exec:command",
        ),
    ] = "model",
    wording: Annotated[
        str, typer.Option(metavar="FILE", help="what stands on the screens of browser:URL, as kmc-ng.toml, which ships")
    ] = "",
    policy: Annotated[
        str, typer.Option(envvar="KMC_POLICY", help="rulebook of the model: article or kaltura-server")
    ] = ("article"),
    profile: Annotated[
        str, typer.Option(envvar="KMC_PROFILE", help="article, strict, standard, hardening or all")
    ] = "strict",
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            envvar="KMC_ONLY",
            help="only this requirement or chapter, or several: SWI-001,LOG; repeatable",
        ),
    ] = None,
    seed: Annotated[
        str, typer.Option(envvar="KMC_SEED", help="a whole number, or random; same seed and target, same report")
    ] = "0",
    patience: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            envvar="KMC_PATIENCE",
            help="how long to really wait in a scenario, if the clock cannot be moved",
        ),
    ] = "2m",
    repeat: Annotated[int, typer.Option(metavar="N", help="run all N times; what changes its verdict is flaky")] = 1,
    waivers: Annotated[Path | None, typer.Option(metavar="FILE", help="known departures (waivers.toml)")] = None,
    report: Annotated[Path, typer.Option(metavar="DIR", help="folder for the report")] = Path("kmc-report"),
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="finish the run that was stopped in DIR")] = None,
    processes: Annotated[int, typer.Option("-n", help="run in so many processes")] = 1,
    contexts: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            envvar="KMC_CONTEXTS",
            help="tell what passes in contexts too: off, sweep, all, so many pairs, or for so long (10m); "
            "else: a sweep where the target is in this process",
        ),
    ] = None,
    context_names: Annotated[
        list[str] | None, typer.Option("--context", metavar="NAME", help="only this context; repeatable")
    ] = None,
    shard: Annotated[str, typer.Option(metavar="K/N", help="tell this share of the pairs; kmc merge joins them")] = "",
    choices: Annotated[
        bool | None,
        typer.Option(
            envvar="KMC_CHOICES",
            show_default=False,
            help="measure what the target chose where the requirements leave it a choice: some 300 actions; "
            "else: of an adapter in this process, judged as a whole",
        ),
    ] = None,
    chosen: Annotated[
        str | None, typer.Option("-k", metavar="NAME", help="only scenarios called so; as pytest's")
    ] = None,
    first: Annotated[bool, typer.Option("-x", help="stop at the first departure or error")] = False,
    quiet: Annotated[bool, typer.Option("-q", help="show the counts alone")] = False,
    verbose: Annotated[bool, typer.Option("-v", help="show every requirement, also what passed")] = False,
    min_judged: Annotated[
        int, typer.Option(metavar="N", min=0, help="exit code 3 where fewer requirements are judged")
    ] = 0,
    pytest_arguments: Annotated[list[str] | None, typer.Argument(help="after --: passed on to pytest")] = None,
) -> None:
    """Give a verdict per requirement on a target."""
    import msgspec

    from kmc_harness.report.results import Run
    from kmc_harness.running import choosing, in_contexts, runner

    try:
        if resume is not None:
            given = (each for each in context.params if str(context.get_parameter_source(each)).endswith("COMMANDLINE"))
            if others := set(given) - {"resume", "processes", "quiet", "verbose"}:
                names = {each.name: each.opts[-1] for each in context.command.params}
                options = ", ".join(sorted(names[each] for each in others))
                raise Misuse(f"--resume takes everything but -n, -q and -v from the journal; drop {options}")
            raise typer.Exit(_shown(runner.resume(resume, processes), resume, quiet=quiet, verbose=verbose))
        passed_on = (*(("-k", chosen) if chosen else ()), *(("-x",) if first else ()), *(pytest_arguments or ()))
        if seed == "random":
            seed = str(secrets.randbelow(10**9))
            typer.echo(f"kmc: --seed {seed}", err=True)
        what = Run(
            runner.named(f"{target}#{wording}" if wording else target),
            policy,
            profile,
            tuple(only or ()),
            seed,
            patience,
            repeat,
            passed_on,
            contexts=contexts or ("all" if context_names else in_contexts.usual(target, repeat, passed_on)),
            context=tuple(context_names or ()),
            shard=shard,
            min_judged=min_judged,
        )
        what = msgspec.structs.replace(what, choices=choosing.usual(what) if choices is None else choices)
        began = stopwatch()
        folder = _beside_a_whole_report(what, report)
        made = runner.run(what, folder, declared=waivers, processes=processes)
        took_s = stopwatch() - began if processes > 1 else None
        raise typer.Exit(_shown(made, folder, took_s, quiet=quiet, verbose=verbose))
    except runner.Interrupted as error:
        typer.echo(f"kmc: {error}", err=True)
        raise typer.Exit(supervision.stopped_code()) from error


@app.command(rich_help_panel=JUDGING)
def config(context: typer.Context) -> None:
    """Show what `kmc run` takes here, and where each setting is from: kmc.toml, the environment, or its default."""
    parent = context.parent
    assert parent is not None
    command = parent.command.get_command(parent, "run")  # type: ignore[attr-defined]
    settings = command.make_context("run", [], parent=parent)
    typer.echo(f"file: {parent.obj or 'none (kmc.toml, or [tool.kmc] in pyproject.toml)'}")
    places = {"ENVIRONMENT": "environment", "DEFAULT_MAP": "file", "DEFAULT": "default"}
    for name in _settings_of_run(parent):
        value = settings.params[name]
        shown = ",".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else value
        source = places[settings.get_parameter_source(name).name]
        typer.echo(f"{name.replace('_', '-'):<10} {str(shown) or '-':<24} {source}")


@app.command(rich_help_panel=ADAPTERS)
def requirements(
    requirement_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="show this one whole")] = None,
    profile: Annotated[str, typer.Option(help="article, strict, standard, hardening or all")] = "all",
    as_json: _JSON = False,
) -> None:
    """List the requirements with the actions and offers each needs, or show one with source and scenarios."""
    from kmc_harness import terminal
    from kmc_harness.cli import tables
    from kmc_harness.specification import catalogue

    ids = catalogue.select(profile) if requirement_id is None else catalogue.select("all", (requirement_id,))
    chosen = [catalogue.load()[each] for each in ids]
    if as_json:
        terminal.show_json(chosen)
    elif requirement_id is None:
        tables.show_catalogue(chosen)
    else:
        tables.show_requirement(chosen[0])


@app.command(rich_help_panel=ADAPTERS)
def actions() -> None:
    """List the actions that an adapter performs: what each field means, what None means, what is answered."""
    from kmc_harness.cli import tables

    tables.show_actions()


@app.command(rich_help_panel=MODEL)
def selftest(
    thorough: Annotated[bool, typer.Option(help="every scenario on every fault, benign ones alone")] = False,
    fault: Annotated[list[str] | None, typer.Option(metavar="NAME", help="only this fault; repeatable")] = None,
    blind: Annotated[bool, typer.Option(help="the faults written blind: what catches each, and their score")] = False,
    drawn: Annotated[int, typer.Option(metavar="N", min=0, help="so many faults drawn by lot, and their score")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="of the lot: same seed, same faults")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="list every fault, not just a count of each kind")] = False,
    processes: Annotated[int, typer.Option("-n", help="run in so many processes")] = 2,
) -> None:
    """Break the model in every way known, and see that the suite notices each under the right requirement."""
    from kmc_harness.cli import commands

    if blind or drawn:
        if fault or thorough or (blind and drawn):
            raise Misuse(
                "--blind and --drawn try faults of their own; take one of them, without --fault and --thorough"
            )
        raise typer.Exit(commands.score(drawn, seed, processes, everything=everything))
    raise typer.Exit(commands.prove(tuple(fault or ()), processes, thorough=thorough, everything=everything))


@app.command(rich_help_panel=JUDGING)
def explore(
    target: Annotated[
        str | None, typer.Option(help="search this target for departures; else: the model's states")
    ] = None,
    against: Annotated[str, typer.Option(help="what to compare it with: model, or another target")] = "model",
    policy: Annotated[
        str, typer.Option(help="rulebook of the model: the one walked, else the reference's")
    ] = "article",
    budget: Annotated[str, typer.Option(metavar="TIME", help="how long to search, as 90s or 5m")] = "1m",
    seed: Annotated[str, typer.Option(help="a whole number; same seed and target, same walks")] = "0",
    most: Annotated[
        int, typer.Option("--departures", min=1, help="go on until so many are found, each of another kind")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="write the scenarios, or the diagram (Mermaid)")
    ] = None,
) -> None:
    """Walk all states of the model and check its properties; or search a target for departures from it."""
    from kmc_harness.cli import commands

    if target is None:
        raise typer.Exit(commands.walk_states(policy, out))
    raise typer.Exit(commands.search_target(target, against, policy, budget, seed, most, out))


@app.command(rich_help_panel=MODEL)
def simulate(
    users: Annotated[int, typer.Option(help="how many, for each seed")] = 10_000,
    days: Annotated[int, typer.Option(help="from the day two-factor authentication is switched on")] = 90,
    policy: Annotated[str, typer.Option(help="rulebook of the model: article or kaltura-server")] = "article",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="qr_ttl=72h, or any field of policy or behaviour; repeatable"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="a whole number; same seed, same numbers")] = 0,
    seeds: Annotated[int, typer.Option(help="repetitions, for confidence intervals")] = 5,
    processes: Annotated[int, typer.Option("-n", help="work in so many processes")] = 2,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="all numbers by day, as .csv or .parquet")] = None,
) -> None:
    """Simulate many users over days: who enrols in time, what is refused, what it costs the help desk."""
    try:
        from kmc_harness.cli import simulating
    except ModuleNotFoundError as error:
        raise Misuse(f"{error.name} is not installed: pip install 'kmc-harness[notebooks]'") from error
    simulating.simulate(simulating.Settings(users, days, policy, tuple(settings or ()), seed, seeds, processes, out))


@app.command(rich_help_panel=MODEL)
def serve(
    policy: Annotated[str, typer.Option(help="rulebook of the model: article or kaltura-server")] = "article",
    seed: Annotated[str | None, typer.Option(help="same seed, same secrets; else: new ones")] = None,
    host: Annotated[str, typer.Option(help="address to listen on; others than this machine's own are warned of")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one")] = 8800,
    lab: Annotated[bool, typer.Option("--lab", help="with mailboxes, a phone, and a clock to turn")] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="callers of API v3 meet what they meet at the published server, as under its policy"
        ),
    ] = False,
    smtp: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="send mail to this server too")] = None,
    account: Annotated[
        list[str] | None, typer.Option(metavar="NAME:EMAIL[:PASSWORD]", help="somebody to begin with; repeatable")
    ] = None,
    front: Annotated[
        Path | None, typer.Option(metavar="DIR", help="a built kmc-ng to serve in place of the screens, over API v3")
    ] = None,
) -> None:
    """Serve the model as a web site: the KMC's screens and API v3; its token is KMC_LAB_TOKEN, or a new one."""
    try:
        from kmc_harness.server import serving
    except ModuleNotFoundError as error:
        raise Misuse(f"{error.name} is not installed: pip install 'kmc-harness[serve]'") from error
    settings = serving.Settings(
        policy, seed, host, port, lab, smtp, tuple(account or ()), os.environ.get("KMC_LAB_TOKEN"), front, strict
    )
    try:
        serving.serve(settings, typer.echo)
    except KeyboardInterrupt:
        raise typer.Exit from None


@app.command(rich_help_panel=JUDGING)
def doctor(
    target: Annotated[str, typer.Argument(help="a folder with a target.toml, python:module:Class, exec:command")],
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="what each try asked, and what came back")] = False,
    as_json: _JSON = False,
) -> None:
    """Try each thing people do once, and say in plain words what the adapter still lacks; exit 1 for a wrong answer."""
    from kmc_harness import targets, terminal
    from kmc_harness.cli import tables
    from kmc_harness.running import doctor as practice
    from kmc_harness.verdicts import NotJudged

    found = targets.load(target)
    try:
        examined = practice.examine(found)
    except NotJudged as error:
        typer.echo(f"kmc: {error}", err=True)
        raise typer.Exit(supervision.UNDECIDED) from error
    finally:
        found.close()
    if as_json:
        terminal.show_json(tables.as_data(examined))
        raise typer.Exit(examined.exit_code)
    if verbose:
        tables.show_tries(examined)
    raise typer.Exit(tables.show_examination(target, examined))


@app.command(rich_help_panel=ADAPTERS)
def new_target(
    kind: Annotated[str, typer.Argument(help="python, exec-python or exec-node")],
    folder: Annotated[Path, typer.Argument(help="where to write it; new or empty")],
) -> None:
    """Write an adapter to begin with, which is judged at once."""
    from kmc_harness.cli import scaffolding

    for each in scaffolding.make(kind, folder):
        typer.echo(each)
    typer.echo(f"next: kmc doctor {folder}")


@app.command(rich_help_panel=ADAPTERS)
def check_features(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="features of your own, with a conftest.py or without")],
) -> None:
    """Check scenarios of your own: each step fits exactly one definition, and none of ours is shadowed."""
    from kmc_harness.specification import own_features

    checked = own_features.check(folder)
    for each in checked.problems:
        typer.echo(f"{each.where}: {each.what}")
    problems = f"{len(checked.problems)} problem{'s' * (len(checked.problems) != 1)}"
    typer.echo(f"{checked.scenarios} scenarios, {checked.steps} steps, {problems}")
    raise typer.Exit(int(bool(checked.problems)))


_REPORT = Annotated[Path, typer.Argument(metavar="REPORT", help="report.json, or the folder it stands in")]


@app.command(rich_help_panel=JUDGING)
def replay(
    report: _REPORT,
    scenario: Annotated[str, typer.Argument(help="id, file:line or title; or a requirement, for its worst one")],
    target: Annotated[str | None, typer.Option(help="replay on this target instead of the report's")] = None,
) -> None:
    """Run one scenario of a report again, step by step, and hold it against what was recorded."""
    from kmc_harness.cli import reports
    from kmc_harness.report import read
    from kmc_harness.running import replaying

    recorded_in = read(report)
    recorded = replaying.find(recorded_in, scenario)
    replayed = replaying.replay(recorded_in, recorded, target)
    raise typer.Exit(reports.show_replay(replayed))


@app.command(rich_help_panel=REPORTS)
def report(
    report: _REPORT,
    to: Annotated[Path | None, typer.Option(metavar="DIR", help="another folder than the report's")] = None,
) -> None:
    """Make page, summary, JUnit XML, SARIF and Cucumber Messages of a report.json anew."""
    from kmc_harness.report import read, render

    source = report if report.is_dir() else report.parent
    folder = to or source
    made = read(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in render(made, folder, source):
            typer.echo(path)
    except OSError as error:
        raise Misuse(f"{str(folder)!r} cannot be written: {error.strerror}; choose a folder with --to") from error


@app.command(rich_help_panel=REPORTS)
def waivers(
    report: _REPORT,
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="what stands in it is kept")] = Path("waivers.toml"),
) -> None:
    """Write a waiver into FILE for each departure of a report that has none there; you write why it is accepted."""
    from kmc_harness.cli import reports
    from kmc_harness.report import read

    typer.echo(reports.write_waivers(read(report), file))


@app.command(rich_help_panel=ADAPTERS)
def contexts(
    report: Annotated[
        Path | None, typer.Argument(metavar="[REPORT]", help="with how many pairs of each this report has")
    ] = None,
    by_requirement: Annotated[
        bool, typer.Option("--by-requirement", help="how many pairs each requirement has in each dimension")
    ] = False,
) -> None:
    """List the contexts in which scenarios are told, by dimension."""
    from kmc_harness.cli import tables
    from kmc_harness.report import read

    if by_requirement:
        tables.show_reach()
        return
    tables.show_contexts(read(report).in_contexts if report else None)


@app.command(rich_help_panel=REPORTS)
def merge(
    shares: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="of runs with --shard 1/N to N/N")],
    report: Annotated[Path, typer.Option(metavar="DIR", help="folder for the report")] = Path("kmc-report"),
) -> None:
    """Make one report of runs that told a share of the pairs each (--shard)."""
    from kmc_harness.cli import reports
    from kmc_harness.report import read, render, write
    from kmc_harness.report.merge import merge as merged_of

    made = merged_of([read(each) for each in shares])
    try:
        made = write(made, report)
        render(made, report)
    except OSError as error:
        raise Misuse(f"{str(report)!r} cannot be written: {error.strerror}; choose a folder with --report") from error
    reports.show_report(made, report)
    raise typer.Exit(made.exit_code)


@app.command(rich_help_panel=REPORTS)
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="the earlier report")],
    after: Annotated[Path, typer.Argument(metavar="B", help="the later report")],
    as_json: _JSON = False,
) -> None:
    """Tell what got better or worse between two reports; exit 1 on a regression or a check that was lost."""
    from kmc_harness import terminal
    from kmc_harness.cli import reports
    from kmc_harness.report import read
    from kmc_harness.report.compare import compare as differences_of

    earlier, later = read(before), read(after)
    differences = differences_of(earlier, later)
    if as_json:
        terminal.show_json(differences)
    else:
        reports.show_comparison(earlier, later, differences)
    raise typer.Exit(int(any(each.change.fails for each in differences)))


@app.command(rich_help_panel=REPORTS)
def matrix(
    compared: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="report.json files or their folders")],
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="also as a page")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="also as CSV")] = None,
    as_json: _JSON = False,
) -> None:
    """Put the reports of many implementations side by side."""
    from kmc_harness import terminal
    from kmc_harness.cli import reports
    from kmc_harness.report import read
    from kmc_harness.report.files import write_whole
    from kmc_harness.report.matrix import as_csv, as_html
    from kmc_harness.report.matrix import matrix as matrix_of

    made = matrix_of([(str(each), read(each)) for each in compared])
    if as_json:
        terminal.show_json(made.as_data())
    else:
        reports.show_matrix(made)
    for path, render in ((html, as_html), (csv, as_csv)):
        if path:
            try:
                write_whole(path, render(made).encode())
            except OSError as error:
                raise Misuse(f"{str(path)!r} cannot be written: {error.strerror}") from error


def _beside_a_whole_report(what: "Run", folder: Path) -> Path:
    """Return where the report of `what` goes: a partial one goes beside a whole one, not over it."""
    from kmc_harness.report import REPORT, read

    try:
        if not (what.is_partial and (folder / REPORT).is_file()) or read(folder).partial:
            return folder
    except Misuse:  # what is in the way there is told by the run
        return folder
    beside = folder.with_name(f"{folder.resolve().name}-partial")
    typer.echo(f"kmc: {folder} has the report of a whole run; that of this part goes to {beside}", err=True)
    return beside


def _shown(
    made: "Report", folder: Path, took_s: float | None = None, *, quiet: bool = False, verbose: bool = False
) -> int:
    from kmc_harness.cli import github, reports

    try:
        reports.show_report(made, folder, took_s, quiet=quiet, verbose=verbose)
        if told := github.tell(made, folder):
            typer.echo(told)
    except OSError as error:  # nobody reads it any more, or somebody has closed the output
        supervision.at(f"showing the report ({error.strerror}); it is in {folder}")
    return made.exit_code
