"""What a `target.toml` says, in its own words: adapter, server, clock and mail."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import msgspec

from kmc_harness import durations
from kmc_harness.hosting import mail
from kmc_harness.port import Naming, PasswordRules
from kmc_harness.secrecy import redaction
from kmc_harness.verdicts import Misuse

__all__ = ["AdapterPart", "ClockPart", "Declared", "Description", "MailPart", "ServerPart", "filled", "read"]

FILE = "target.toml"
PLACE = re.compile(r"\{(env:\w+|[a-z_]+)\}")
"""What is filled in; `{env:NAME}` comes from the environment, so that no secret need stand in a file."""
ENV = "env:"
AT_START = frozenset({"here", "python"})
IN_RUN = frozenset({"port", "url", "work"})
OF_SMTP = frozenset({"smtp_port", "smtp_starttls_port", "smtp_tls_port", "smtp_certificate"})
"""Places that are filled only once something is running: not in the adapter's command."""


MOVE_MONOTONIC = ("libfaketime", "freezegun", "time-machine")
"""The kinds of clock that can move the monotonic clock along."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file; a word that is not known is a mistake."""


class PasswordPart(_Part, frozen=True):
    """What passwords must be; see `port.PasswordRules`."""

    min: int = PasswordRules.min
    max: int = PasswordRules.max
    needs: tuple[Literal["digit", "lower", "upper", "symbol"], ...] = ("digit", "symbol")
    symbols: str = PasswordRules.symbols
    only: bool = PasswordRules.only
    forbids: tuple[str, ...] = ()


class AdapterPart(_Part, frozen=True):
    """What speaks to the implementation: `python = "module:Class"` or `exec = [command]`, and what it is told.

    Attributes:
        passwords: what the implementation takes for one.
        remembers: the server keeps what earlier runs left there, so people and accounts get new names in each run.
        isolated: an adapter in Python runs in a process of its own; false has it run in the one that judges, where a
            debugger can be used, and where it can do to the verdicts what it likes.

    """

    python: str = ""
    exec: tuple[str, ...] = ()
    settings: dict[str, str | bool] = {}
    answer_within: str = "30s"
    remembers: bool = False
    isolated: bool = True
    passwords: PasswordPart | None = None

    @property
    def rules(self) -> PasswordRules | None:
        """What passwords must be, where it is said."""
        return PasswordRules(**msgspec.structs.asdict(self.passwords)) if self.passwords else None

    def said(self, places: Mapping[str, str]) -> dict[str, str]:
        """Return the settings as text, with `{port}` and the like replaced."""
        return {name: filled(_text(value), places) for name, value in self.settings.items()}


class ServerPart(_Part, frozen=True):
    """The implementation's process.

    Attributes:
        prepare: commands that are run to their end before it, in real time.
        ready: an address that is to be found; where none is named, any answer of the server will do but a failure.

    """

    command: tuple[str, ...]
    environment: dict[str, str] = {}
    prepare: tuple[tuple[str, ...], ...] = ()
    ready: str = ""
    ready_within: str = "30s"


class ClockPart(_Part, frozen=True):
    """How time is bent.

    Attributes:
        proof: an address whose Date header shows it.
        monotonic: whether the monotonic clock moves along, or in which programs that the server starts by name
            (libfaketime); false says that nothing which ends counts by it. Where nothing is said, it stands still, and
            what departs is told again with it moving.

    """

    kind: Literal["libfaketime", "freezegun", "time-machine", "adapter", "wait"]
    proof: str = "{url}/"
    monotonic: bool | tuple[str, ...] | None = None


class MailPart(_Part, frozen=True):
    """Where mail is found.

    Attributes:
        links: regular expressions that tell what a link is for by its address.
        no_links: those that tell addresses which lead neither to a QR code nor to a new password.
        folder: of a maildir.
        url: of a mailbox on a mail server, as imaps://qa@mail.example/INBOX.
        password: of that mailbox.
        addresses: what people's e-mails are made of, where mail is really delivered; `{name}` is new each time.
        settle: how long after an act its mail may still come.
        idle: whether the adapter tells when all mail is out (`mails_are_out()`): then `settle` is the longest wait.

    """

    kind: Literal["smtp", "maildir", "imap", "adapter"]
    links: dict[str, str] = {}
    no_links: tuple[str, ...] = ()
    folder: str = "{work}/mail"
    url: str = ""
    password: str = ""
    addresses: str = Naming.addresses
    settle: str = "500ms"
    idle: bool = False


class Description(_Part, frozen=True):
    """The whole file.

    Attributes:
        name: what reports call the target.
        version: of the product, as reports say it after the name.
        expected_judged: by profile, how many requirements are to be judged at least: a lock against offers that
            disappear in a later version.

    """

    name: str
    adapter: AdapterPart
    version: str = ""
    expected_judged: dict[str, int] = {}
    server: ServerPart | None = None
    clock: ClockPart | None = None
    mail: MailPart | None = None

    @property
    def called(self) -> str:
        """The name, with the version where there is one."""
        return f"{self.name} {self.version}".rstrip()

    @property
    def settle(self) -> str:
        """How long after an act its mail may still come; "" where there is no mail."""
        told = " (less where mails_are_out() said so)" if self.mail and self.mail.idle else ""
        return f"{self.mail.settle}{told}" if self.mail else ""

    @property
    def no_links(self) -> Sequence[re.Pattern[str]]:
        """What tells addresses that are no links of a kind."""
        return [re.compile(each) for each in self.mail.no_links] if self.mail else ()


PARTS = {"adapter": AdapterPart, "server": ServerPart, "clock": ClockPart, "mail": MailPart}


def read(path: Path) -> tuple[Path, Description]:
    """Return the folder and the content of the `target.toml` at `path`, or in the folder `path`.

    Raises:
        Misuse: there is none, or it says something that makes no sense; the message says what and where.

    """
    file = path / FILE if path.is_dir() else path
    try:
        made = msgspec.toml.decode(file.read_bytes(), type=Description)
        _check(made)
    except OSError as error:
        raise Misuse(f"{str(file)!r} cannot be read: {error.strerror}") from error
    except (ValueError, re.error) as error:
        raise Misuse(f"{str(file)!r} does not describe a target: {error}{_known(str(error))}") from error
    return file.parent.resolve(), made


def _known(mistake: str) -> str:
    """Return the words that are known where msgspec found one that is not."""
    where = re.search(r"(?:field `\w+`|value '.*')(?: - at `\$(?:\.(\w+))?(?:\.(\w+))?`)?$", mistake)
    if not where:
        return ""
    part, field = where.groups()
    table: Any = PARTS.get(part, Description)
    words = get_args(get_type_hints(table)[field]) if field else table.__struct_fields__
    if isinstance(words[0], type) and issubclass(words[0], msgspec.Struct):
        words = words[0].__struct_fields__
    return f"; it takes {', '.join(words)}"


def _check(made: Description) -> None:
    if bool(made.adapter.python) == bool(made.adapter.exec):
        raise ValueError('[adapter] takes either python = "module:Class" or exec = ["command", ...]')
    if made.adapter.python.count(":") != 1 and made.adapter.python:
        raise ValueError(f'[adapter] python takes "module:Class", not {made.adapter.python!r}')
    if made.clock and made.clock.kind == "libfaketime" and not made.server:
        raise ValueError("[clock] libfaketime needs a [server] to start; time-machine moves this process")
    if made.clock and made.clock.kind in ("freezegun", "time-machine") and made.server:
        raise ValueError(f"[clock] {made.clock.kind} moves this process, not that of a [server]: libfaketime moves it")
    if made.mail and made.mail.kind != "adapter" and not made.mail.links:
        raise ValueError("[mail] needs links, as { reset = '/reset/' }: regular expressions on a link's address")
    if made.clock and made.clock.monotonic is not None and made.clock.kind not in MOVE_MONOTONIC:
        raise ValueError(f"[clock] {made.clock.kind} takes no monotonic; {', '.join(MOVE_MONOTONIC)} take it")
    if made.clock and isinstance(made.clock.monotonic, tuple) and made.clock.kind != "libfaketime":
        raise ValueError(f"[clock] {made.clock.kind} moves this process alone: monotonic takes true or false")
    lengths = [made.adapter.answer_within, *((made.server.ready_within,) if made.server else ())]
    for text in (*lengths, *((made.mail.settle,) if made.mail else ())):
        durations.seconds(text)
    if made.mail:
        mail.compile_links(made.mail.links)
        for pattern in made.mail.no_links:
            re.compile(pattern)
        _check_mailbox(made.mail)
    if made.adapter.rules:
        made.adapter.rules.fitted("")
    _check_places(made)


def _check_mailbox(part: MailPart) -> None:
    if part.addresses.count("{name}") != 1 or not re.fullmatch(r"[^@\s]*\{name\}[^@\s]*@[^@\s{}]+", part.addresses):
        raise ValueError(f"[mail] addresses takes a pattern as qa+{{name}}@mail.example, not {part.addresses!r}")
    if part.kind == "imap" and not re.fullmatch(r"imaps?://[^@/\s]+@[^@/\s]+(/[^/\s]+)?", part.url):
        raise ValueError(f"[mail] url takes imaps://USER@HOST/MAILBOX, not {part.url!r}")


def _check_places(made: Description) -> None:
    """See that every place that is named can be filled.

    Raises:
        ValueError: one cannot; the message names those that can.

    """
    _check_text(made.adapter.exec, AT_START)
    known = AT_START | IN_RUN | (OF_SMTP if made.mail and made.mail.kind == "smtp" else set())
    _check_text(map(_text, made.adapter.settings.values()), known)
    if made.server:
        _check_text((*made.server.command, *made.server.environment.values(), made.server.ready), known)
        _check_text((word for each in made.server.prepare for word in each), known)
    _check_text([made.clock.proof] if made.clock else [], known)
    _check_text([made.mail.folder, made.mail.url, made.mail.password] if made.mail else [], known)


def _text(value: str | bool) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _check_text(texts: Iterable[str], known: Set[str]) -> None:
    for text in texts:
        for name in PLACE.findall(text):
            if name.startswith(ENV):
                if name.removeprefix(ENV) not in os.environ:
                    raise ValueError(f"{text!r} names {{{name}}}, which is not set in the environment")
            elif name not in known:
                raise ValueError(f"{text!r} names {{{name}}}, which is none of {', '.join(sorted(known))}")


def filled(text: str, places: Mapping[str, str]) -> str:
    """Return `text` with `{port}` and the like replaced; other braces stay, and `read` has refused unknown places."""

    def value(found: re.Match[str]) -> str:
        if not found[1].startswith(ENV):
            return places[found[1]]
        given = os.environ[found[1].removeprefix(ENV)]
        redaction.keep(given)
        return given

    return PLACE.sub(value, text)


class Declared:
    """What is known of a target from its `target.toml` alone."""

    _described: Description

    @property
    def expected_judged(self) -> Mapping[str, int]:
        """How many requirements are to be judged at least, by profile."""
        return self._described.expected_judged

    @property
    def called(self) -> str:
        """What reports call the target."""
        return self._described.called

    @property
    def settle(self) -> str:
        """How long after an act its mail may still come, as `[mail]` says it; "" where there is none."""
        return self._described.settle

    @property
    def no_links(self) -> Sequence[re.Pattern[str]]:
        """What tells addresses that are no links of a kind, as `[mail]` says it."""
        return self._described.no_links
