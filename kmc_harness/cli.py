"""The `kmc` command."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Judge a two-factor login of the Kaltura Management Console by its documented behaviour.",
    # Plain help: drawing it with rich would cost more than all the rest of `kmc --help`.
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _misuse(message: str) -> NoReturn:
    typer.echo(f"kmc: {message}", err=True)
    raise typer.Exit(2)


@app.command()
def run(
    target: Annotated[str, typer.Option(help="model, or python:module:Class for an adapter of your own")] = "model",
    policy: Annotated[str, typer.Option(help="rulebook of the model: article or kaltura-server")] = "article",
    profile: Annotated[str, typer.Option(help="article, strict, standard, hardening or all")] = "strict",
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="only this requirement; repeatable")] = None,
    seed: Annotated[str, typer.Option(help="a whole number; same seed and target, same report")] = "0",
    repeat: Annotated[int, typer.Option(metavar="N", help="run all N times; what changes its verdict is flaky")] = 1,
    waivers: Annotated[Path | None, typer.Option(metavar="FILE", help="known departures (waivers.toml)")] = None,
    report: Annotated[Path, typer.Option(metavar="DIR", help="folder for the report")] = Path("kmc-report"),
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="finish the run that was stopped in DIR")] = None,
    processes: Annotated[int, typer.Option("-n", help="run in so many processes")] = 1,
    pytest_arguments: Annotated[list[str] | None, typer.Argument(help="after --: passed on to pytest")] = None,
) -> None:
    """Give a verdict per requirement on a target."""
    from kmc_harness import runner

    try:
        if resume is not None:
            raise typer.Exit(runner.resume(resume, processes))
        settings = runner.Settings(
            target,
            policy,
            profile,
            tuple(only or ()),
            seed,
            repeat,
            waivers,
            report,
            processes,
            tuple(pytest_arguments or ()),
        )
        raise typer.Exit(runner.run(settings))
    except runner.Misuse as error:
        _misuse(str(error))
    except runner.Interrupted as error:
        typer.echo(f"kmc: {error}", err=True)
        raise typer.Exit(130) from error


@app.command()
def requirements(
    requirement_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="show this one whole")] = None,
    profile: Annotated[str, typer.Option(help="article, strict, standard, hardening or all")] = "all",
) -> None:
    """List the requirements with the actions and offers each needs, or show one with source and scenarios."""
    from kmc_harness import catalogue, tables

    try:
        if requirement_id is None:
            chosen = catalogue.select(profile)
            tables.show_catalogue([catalogue.load()[each] for each in chosen])
        else:
            (chosen_id,) = catalogue.select("all", (requirement_id,))
            tables.show_requirement(catalogue.load()[chosen_id])
    except catalogue.CatalogueError as error:
        _misuse(str(error))
