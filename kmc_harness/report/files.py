"""Reading and writing `report.json`, and the files made of it."""

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from kmc_harness.report.results import SCHEMA_VERSION, Report
from kmc_harness.schemas import written
from kmc_harness.verdicts import Misuse

__all__ = ["RENDERED", "REPORT", "read", "render", "schema", "write", "write_whole"]

REPORT = "report.json"
RENDERED = ("report.html", "summary.md", "junit.xml", "report.sarif", "cucumber.ndjson", "contexts.feature")
"""What is made of it."""


RENAMED = {2: {"seen": "actual", "in_part": "partly_covered"}, 3: {}, 4: {}, 5: {}, 6: {}}
"""By an earlier version of the schema, the fields that are called otherwise now."""


def read(path: Path) -> Report:
    """Return the report at `path`, a `report.json` or the folder it stands in; one of an earlier version is converted.

    Raises:
        Misuse: it is missing, truncated, changed, of a newer version, or no report at all.

    """
    path = path / REPORT if path.is_dir() else path
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Misuse(f"no report can be read from {str(path)!r}: {error.strerror}") from error
    try:
        raw = msgspec.json.decode(text, type=dict[str, Any])
        version = msgspec.convert(raw.get("schema_version"), int)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Misuse(f"{str(path)!r} is no report of kmc run, or not all of one: {error}") from error
    if version != SCHEMA_VERSION and version not in RENAMED:
        newer = "; a newer kmc-harness reads it" if version > SCHEMA_VERSION else ""
        raise Misuse(f"{str(path)!r} has schema version {version}, and this is {SCHEMA_VERSION}{newer}")
    is_whole = _signed(raw) == raw
    try:
        report = msgspec.json.decode(msgspec.json.encode(_converted(raw, version)), type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misuse(f"{str(path)!r} does not follow the schema of reports: {error}") from error
    if not is_whole:
        raise Misuse(f"{str(path)!r} was changed after it was written: its digests do not fit")
    return report


def _converted(raw: Any, version: int) -> Any:
    """Return a report as the present version would have written it, but for its digests."""
    if version == SCHEMA_VERSION:
        return raw
    return _renamed(raw, RENAMED[version]) | {"schema_version": SCHEMA_VERSION}


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {names.get(name, name): _renamed(value, names) for name, value in part.items()}
    return [_renamed(each, names) for each in part] if isinstance(part, list) else part


def write(report: Report, folder: Path) -> Report:
    """Write `report.json` into `folder`, which is made where it is missing; return the report with its digest.

    Raises:
        OSError: the folder cannot be made or written.

    """
    folder.mkdir(parents=True, exist_ok=True)
    signed = msgspec.json.encode(_signed(msgspec.json.decode(msgspec.json.encode(report))))
    write_whole(folder / REPORT, msgspec.json.format(signed, indent=2) + b"\n")
    return msgspec.json.decode(signed, type=Report)


def render(report: Report, folder: Path, source: Path | None = None) -> tuple[Path, ...]:
    """Write what is made of `report` into `folder`: page, summary, JUnit XML, SARIF, Cucumber Messages, and a feature.

    Returns their paths. The page says how to replay the report from `source`, the folder where it stands if that is
    another one. The messages need the features that were run, and are left out where others are installed. The feature
    holds what departed in contexts, and is left out where nothing did.

    Raises:
        OSError: the folder cannot be written.

    """
    from kmc_harness.report import in_contexts
    from kmc_harness.report.cucumber import messages
    from kmc_harness.report.html import page
    from kmc_harness.report.junit import junit
    from kmc_harness.report.markdown import summary
    from kmc_harness.report.sarif import sarif
    from kmc_harness.specification.bindings import features_digest

    is_installed = report.run.versions.get("features") == features_digest()
    text, _ = in_contexts.feature(report)
    contents = {
        "report.html": page(report, source or folder).encode(),
        "summary.md": summary(report).encode(),
        "junit.xml": junit(report),
        "report.sarif": sarif(report),
        "cucumber.ndjson": messages(report) if is_installed else b"",
        in_contexts.NAME: text.encode(),
    }
    for name in RENDERED:
        if contents[name]:
            write_whole(folder / name, contents[name])
        else:
            (folder / name).unlink(missing_ok=True)
    return tuple(folder / name for name in RENDERED if contents[name])


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; what was there is replaced only when the new is on disk."""
    draft = path.with_name(f"{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _signed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a report with its digests; that of the timing stands apart, since timing differs from run to run."""
    nothing = {"started_at": "", "scenarios": {}, "digest": ""}
    digest = _digest(raw | {"digest": "", "timing": nothing})
    found = raw.get("timing")
    timing: dict[str, Any] = found if isinstance(found, dict) else nothing
    return raw | {"digest": digest, "timing": timing | {"digest": _digest((digest, timing | {"digest": ""}))}}


def _digest(what: object) -> str:
    return f"sha256:{hashlib.sha256(msgspec.json.encode(what)).hexdigest()}"


def schema() -> bytes:
    """Return the JSON Schema of `report.json`, as it stands in `schema.json` beside this file."""
    return written(msgspec.json.schema(Report))
