"""The pytest plugin: options, requirement markers, and a verdict for every scenario.

Only an observed departure is `fail`. A defect of harness or adapter is `error`, a situation out of reach is
`inconclusive`; neither passes. Every pytest run loads this plugin if the package is installed, so heavy imports wait.
"""

import contextlib
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kmc_harness.port import Target
    from kmc_harness.scenario.world import World
    from kmc_harness.telling.scene import Scene

__all__ = ["OFFERS"]

OFFERS = (
    *("clock", "outbox", "accounts", "memberships", "enable", "settings", "administer", "switch"),
    *("reset", "renew", "rules", "change", "picture", "race", "screen", "tokens", "browsers"),
)
"""What tags may ask for; every run of pytest registers them, and waits for no import."""

_TAG_PREFIX = "REQ-"
_NEEDS_PREFIX = "needs-"
_SCENE = pytest.StashKey["Scene"]()
_JOURNAL = pytest.StashKey[Any]()
_TEST = "PYTEST_CURRENT_TEST"
"""The environment's word for the test that runs: a target is not to know it. pytest sets it anew in each phase."""


# Options and markers

_SETTINGS = {
    "target": ("model", "model (default), python:…, exec:…, or a folder with a target.toml"),
    "policy": ("article", "rulebook of the model: article (default), kaltura-server"),
    "profile": ("strict", "article, strict (default), standard, hardening or all"),
    "only": ("", "only these requirements or chapters: SWI, SWI-001,LOG-005"),
    "seed": ("0", "seed of the model and of people's names"),
    "patience": ("2m", "how long may really be waited in one scenario (2m)"),
}
"""Each is an option --kmc-NAME, a variable KMC_NAME and an ini key kmc_NAME; the first that is given counts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("kmc", "conformance of a two-factor login; also as kmc_… in an ini file, KMC_… outside")
    for name, (default, text) in _SETTINGS.items():
        how = {"action": "append", "metavar": "ID"} if name == "only" else {}
        group.addoption(f"--kmc-{name}", help=text, **how)
        parser.addini(f"kmc_{name}", text, default=default)
    group.addoption("--kmc-scenario", metavar="ID", help="only this scenario, by its id in a report")
    group.addoption("--kmc-repeat", type=int, default=1, metavar="N", help="which repeat of several runs this is")
    group.addoption("--kmc-journal", metavar="DIR", help="where `kmc run` keeps what is finished")
    group.addoption("--kmc-directly", action="store_true", help="do what sentences say without asking pytest-bdd")


def _setting(config: pytest.Config, name: str) -> str:
    given = config.getoption(f"kmc_{name}")
    if given is None:
        return str(os.environ.get(f"KMC_{name.upper()}") or config.getini(f"kmc_{name}"))
    return ",".join(given) if isinstance(given, list) else str(given)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.pluginmanager.register(_Tags(config))
    config.addinivalue_line("markers", "requirement(id): the requirement that a scenario is an example of")
    config.addinivalue_line("markers", "needs(offer): what a target must offer for a scenario")
    for offer in OFFERS:
        config.addinivalue_line("markers", f"{_NEEDS_PREFIX}{offer}: as needs(offer), for the rows of an outline")


@pytest.hookimpl(trylast=True, specname="pytest_configure")
def pytest_configure_last(config: pytest.Config) -> None:
    """Have pytest's own `--junitxml` group by requirement, as kmc run's does."""
    from _pytest.junitxml import xml_key  # no public way leads to the file that the controller of workers writes

    if xml := config.stash.get(xml_key, None):
        config.pluginmanager.register(_JunitByRequirement(xml))


class _JunitByRequirement:
    def __init__(self, xml: Any) -> None:
        self._xml = xml

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if result := getattr(report, "kmc_result", None):
            reporter = self._xml.node_reporter(report)
            reporter.add_attribute("classname", result["requirement"])
            reporter.add_property("verdict", result["verdict"])


class _Tags:
    """Turns `@REQ-…` and `@needs-…` into markers; other tags are left to pytest-bdd."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._known: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Any) -> Any:
        if tag.startswith(_TAG_PREFIX):
            requirement = tag.removeprefix(_TAG_PREFIX)
            return self._by_name(requirement)(pytest.mark.requirement(requirement)(function))
        if tag.startswith(_NEEDS_PREFIX):
            return pytest.mark.needs(tag.removeprefix(_NEEDS_PREFIX))(function)
        return None

    def _by_name(self, requirement: str) -> Any:
        """Return the marker that `-m SWI_002` chooses by; it is registered when it is first met."""
        name = requirement.replace("-", "_")
        if name not in self._known:
            self._known.add(name)
            self._config.addinivalue_line("markers", f"{name}: as requirement({requirement!r})")
        return getattr(pytest.mark, name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the scenarios of the chosen profile, and all tests of other packages."""
    ours = [item for item in items if item.get_closest_marker("requirement")]
    if not ours:
        return
    from kmc_harness.specification import catalogue
    from kmc_harness.verdicts import Misuse

    try:
        chosen = set(catalogue.select(_setting(config, "profile"), (_setting(config, "only"),)))
    except Misuse as error:
        raise pytest.UsageError(str(error)) from error
    done = _finished_before(config)
    scenario = config.getoption("kmc_scenario")
    kept = {
        item
        for item in ours
        if _requirement_id(item) in chosen and _name(item) not in done and scenario in (None, _name(item))
    }
    out = [item for item in ours if item not in kept]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def _finished_before(config: pytest.Config) -> frozenset[str]:
    if not (attempt := config.getoption("kmc_journal")):
        return frozenset()
    from kmc_harness.running.journal import finished_before

    return finished_before(Path(attempt), config.getoption("kmc_repeat"))


def _name(item: pytest.Item) -> str:
    """Return a scenario's id in reports: what pytest calls it, without file and prefix."""
    return item.nodeid.rpartition("::")[2].removeprefix("test_")


def _requirement_id(item: pytest.Item) -> str:
    marker = item.get_closest_marker("requirement")
    return str(marker.args[0]) if marker else ""


# Target and world


@pytest.fixture(scope="session")
def kmc_target(request: pytest.FixtureRequest) -> Generator[Any, None, None]:
    """The probed target, or the exception of its failed probe."""
    from kmc_harness import targets
    from kmc_harness.hosting.process import DidNotStart
    from kmc_harness.secrecy.exceptions import in_words
    from kmc_harness.telling.probes import probe
    from kmc_harness.verdicts import AdapterMistake, Misuse, NotJudged

    asked = {name: _setting(request.config, name) for name in ("policy", "seed", "patience")}
    os.environ.pop(_TEST, None)
    plugins = request.config.pluginmanager.get_plugins()
    loaded = next((each for each in plugins if isinstance(each, targets.Loaded)), None)
    try:
        target: Target = (loaded and loaded.take()) or targets.load(_setting(request.config, "target"), **asked)
    except Misuse as error:
        if hasattr(request.config, "workerinput"):
            raise  # xdist takes an exit for a crash
        pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)
    try:
        probe(target, _tag(request.config, "probe"))
    except NotJudged as error:
        yield error
    except (DidNotStart, AdapterMistake) as error:
        yield NotJudged(str(error))
    except Exception as error:
        yield NotJudged(f"the adapter broke in the probes: {in_words(error, target)}")
    else:
        yield target
    target.close()


@pytest.fixture
def world(kmc_target: Any, request: pytest.FixtureRequest) -> "World":
    """The people of one scenario in front of the target."""
    tag = _tag(request.config, request.node.name)
    return _scene(request.node).enter(kmc_target, tag)


def _tag(config: pytest.Config, name: str) -> str:
    from kmc_harness.telling.scene import tag_of

    return tag_of(_setting(config, "seed"), name, config.getoption("kmc_repeat"))


# Journal


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open this process' part of the journal; where workers run the scenarios, each has its own."""
    config = session.config
    if not (attempt := config.getoption("kmc_journal")) or config.getoption("numprocesses", None):
        return
    from kmc_harness.running.journal import Writer

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    config.stash[_JOURNAL] = Writer(Path(attempt), worker, config.getoption("kmc_repeat"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close it."""
    if _JOURNAL in session.config.stash:
        session.config.stash[_JOURNAL].close()


# Steps


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start the scene."""
    if item.get_closest_marker("requirement"):
        item.stash[_SCENE] = _scene(item)


def _scene(item: pytest.Item) -> "Scene":
    """Return the scene of `item`; an adopter's own test, which is no example of a requirement, has one too."""
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    from kmc_harness.specification import bindings
    from kmc_harness.telling.scene import Scene

    if scene := item.stash.get(_SCENE, None):
        return scene
    name = _name(item)
    template = scenario_wrapper_template_registry.get(item.function)  # type: ignore[attr-defined]
    if template is None:
        needs = frozenset(marker.args[0] for marker in item.iter_markers("needs"))
        return Scene(bindings.Told(name, "", name, "", *item.location[:1], item.location[1] or 0, (), needs))
    row = getattr(item, "callspec", None)
    # Tags of Examples are markers by their own names: pytest-bdd asks nobody what to make of them.
    tags = frozenset(marker.name for marker in item.iter_markers() if marker.name.startswith(_NEEDS_PREFIX))
    return Scene(bindings.told(template, row and row.params.get("_pytest_bdd_example"), name, tags))


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """Have a world, even for a scenario whose steps never ask for one; an outline without rows is no scenario."""
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    from kmc_harness.specification import bindings

    os.environ.pop(_TEST, None)
    template = scenario_wrapper_template_registry.get(request.node.function)
    if template and bindings.lacks_rows(template):
        pytest.fail(f"{template.feature.rel_filename}:{template.line_number}: {bindings.NO_ROWS}", pytrace=False)
    if _SCENE in request.node.stash:
        request.getfixturevalue("world")


def pytest_bdd_before_step(request: pytest.FixtureRequest, step: Any) -> None:
    """Tell the scene about each new step."""
    if scene := request.node.stash.get(_SCENE, None):
        scene.begin_step(step.type)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Tell a scenario directly, where that was asked for: pytest-bdd looks at every fixture for each sentence."""
    scene = pyfuncitem.stash.get(_SCENE, None)
    if scene is None or not pyfuncitem.config.getoption("kmc_directly"):
        return None
    os.environ.pop(_TEST, None)
    request: Any = pyfuncitem.funcargs["request"]
    scene.tell_in(request.getfixturevalue("world"))
    return True


# Verdicts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Give the verdict, in place of a traceback."""
    report = yield
    scene = item.stash.get(_SCENE, None)
    if scene is None and call.excinfo is not None:
        return _skipped_where_not_offered(item, call.excinfo.value, report)
    ended = call.when == "call" or (call.when == "setup" and call.excinfo is not None)
    if scene is None or not ended:
        return report
    result = _judged(item, call, scene)
    report.kmc_result = result
    verdict = result["verdict"]
    report.outcome = {"pass": "passed", "warning": "passed", "skipped": "skipped"}.get(verdict, "failed")
    where = f"{result['feature']}:{result['line']}"
    if verdict == "skipped":
        report.longrepr = (result["feature"], result["line"], f"Skipped: {result['actual']}")
    elif verdict in ("pass", "warning"):
        report.longrepr = None
    else:
        report.longrepr = (
            f"{verdict.upper()} {result['requirement']} {result['title']} ({where})\n"
            f"  at:       {result['step']}\n  expected: {result['expected']}\n  actual:   {result['actual']}"
        )
    return report


def _skipped_where_not_offered(item: pytest.Item, error: BaseException, report: Any) -> Any:
    """Skip an adopter's own scenario where the target lacks what it needs, as one of ours would be."""
    port = sys.modules.get("kmc_harness.port")
    if port and isinstance(error, port.NotOffered):
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (path, line or 0, f"Skipped: the target does not offer '{error}'")
    return report


def _judged(item: pytest.Item, call: pytest.CallInfo[None], scene: "Scene") -> dict[str, Any]:
    import msgspec

    result = scene.result(call.excinfo.value if call.excinfo else None)
    if _JOURNAL in item.config.stash:
        with contextlib.suppress(OSError):  # the report of pytest has it too
            item.config.stash[_JOURNAL].append(result, scene.seconds)
    built: dict[str, Any] = msgspec.to_builtins(result)
    return built


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Name the verdict where pytest would say passed or failed."""
    result = getattr(report, "kmc_result", None)
    if result is None:
        return None
    words = {"warning": ("warned", "W"), "inconclusive": ("inconclusive", "I"), "error": ("error", "E")}
    if result["verdict"] not in words:
        return None
    category, letter = words[result["verdict"]]
    return category, letter, category.upper()
