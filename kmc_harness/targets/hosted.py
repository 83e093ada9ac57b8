"""A target described by a `target.toml`: an adapter, and what is put around it: process, clock, mail."""

import contextlib
import copy
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Self, assert_never

import msgspec

from kmc_harness import durations
from kmc_harness.durations import stopwatch
from kmc_harness.hosting import clocks, mail, process
from kmc_harness.hosting.time_limit import limit
from kmc_harness.port import Action, Mail, Naming, NotOffered, Observation, Offer, PasswordRules, shorten
from kmc_harness.secrecy import redaction, tokens
from kmc_harness.secrecy.exceptions import in_words
from kmc_harness.targets.adapters import OWN_PROCESS, THIS_PROCESS
from kmc_harness.targets.border import Bordered, Broke, loading
from kmc_harness.targets.description import ClockPart, Declared, Description, MailPart, ServerPart, filled, read
from kmc_harness.verdicts import LAST_WORDS, AdapterMistake, Misuse

__all__ = ["AdapterBroke", "Hosted", "ServerDied", "checked"]

CLOCK_PACKAGES = {"libfaketime": "libfaketime", "freezegun": "freezegun", "time-machine": "time_machine"}
MAIL_PACKAGES = {"smtp": ("aiosmtpd", "cryptography")}
_Make = Callable[[Mapping[str, str]], Any]
"""Makes an adapter from its settings."""


class ServerDied(Exception):
    """The implementation's process ended in the middle of something; the message quotes its last words."""


class AdapterBroke(Exception):
    """The adapter did not understand an answer; the message says in which action and line, then the server's words."""


class Hosted(Declared):
    """Set up when it is asked for the first time; a server that died is started again for the next scenario."""

    def __init__(self, path: Path, patience: str = "2m") -> None:
        """Read `path`, a `target.toml` or the folder it stands in; nothing is started yet.

        `patience` is how long may really be waited in a scenario, where the clock cannot be moved.

        Raises:
            Misuse: the file makes no sense, or what it names is not there.

        """
        folder, self._described = checked(path)
        try:
            patience_s = durations.seconds(patience)
        except ValueError as error:
            raise Misuse(str(error)) from error
        self.name = self._described.name
        self.runs_in = THIS_PROCESS if self._described.adapter.python else OWN_PROCESS
        addresses = self._described.mail.addresses if self._described.mail else Naming.addresses
        remembers = self._described.adapter.remembers
        self.naming = Naming.anew(addresses) if remembers else Naming(addresses=addresses)
        self._whole: Self | None = None
        clock = self._described.clock
        if clock and clock.kind in ("freezegun", "time-machine") and clock.monotonic is not False:
            clocks.lead_monotonic()
        self._make = _maker(self._described, folder)
        self._folder, self._patience_s = folder, patience_s
        self._setup: _Setup | None = None
        self._acted_at = 0.0

    @property
    def waits(self) -> bool:
        """Whether no clock is named that can be moved."""
        return self._described.clock is None or self._described.clock.kind == "wait"

    @contextlib.contextmanager
    def whole_clock(self) -> Iterator[Self | None]:
        """Have the same target with its monotonic clock moved along; None where `[clock]` says whether it moves.

        A server is started anew for it, and once more afterwards: both may want the same port or files.
        """
        clock = self._described.clock
        if clock is None or clock.monotonic is not None:
            yield None
        elif clock.kind == "libfaketime":
            whole = self._with_monotonic(clock)
            self._end()
            try:
                yield whole
            finally:
                whole._end()
        elif isinstance(moved := self._running().clock, clocks.InProcess):
            moved.moves_monotonic = True
            try:
                yield self
            finally:
                moved.moves_monotonic = False
        else:
            yield None

    def _with_monotonic(self, clock: ClockPart) -> Self:
        if self._whole is None:
            self._whole = copy.copy(self)
            moved = msgspec.structs.replace(clock, monotonic=True)
            self._whole._described = msgspec.structs.replace(self._described, clock=moved)
            self._whole._setup = None
        return self._whole

    def _end(self) -> None:
        with contextlib.suppress(Exception):  # an adapter may break in the end too; its server has gone with it
            self.close()

    @property
    def offers(self) -> frozenset[Offer]:
        """What the adapter declares, and what is put around it."""
        around = {Offer.CLOCK: self._described.clock, Offer.OUTBOX: self._described.mail}
        declared = frozenset(map(Offer, self._running().adapter.offers))
        return declared | {offer for offer, part in around.items() if part}

    def _running(self) -> "_Setup":
        if self._setup is None:
            self._setup = _Setup(self._described, self._folder, self._make, self._patience_s)
        return self._setup

    def reset(self) -> None:
        """Make a clean start."""
        setup = self._running()
        if setup.server and not setup.server.is_running:
            setup.server.stop()
            setup.server.start()
        setup.clock.restart()
        with self._acting("reset") as adapter:
            adapter.reset()

    def perform(self, action: Action) -> Observation:
        """Have the adapter do it.

        Raises:
            ServerDied: the implementation's process is not there any more.
            AdapterBroke: anything else went wrong, though the server is there.

        """
        with self._acting(type(action).__name__) as adapter:
            seen: Observation = adapter.perform(action)
        return seen

    def at_once(self, actions: Sequence[Action]) -> Sequence[Observation]:
        """Have the adapter do all of them at the same moment; it raises as `perform` does."""
        with self._acting(f"{len(actions)} {type(actions[0]).__name__} at once") as adapter:
            seen: Sequence[Observation] = adapter.at_once(actions)
        return seen

    @contextlib.contextmanager
    def _acting(self, what: str) -> Iterator[Any]:
        setup = self._running()
        part = self._described.adapter
        # An exec adapter has a limit of its own, which also ends what it hangs in.
        within = contextlib.nullcontext() if part.exec else limit(durations.seconds(part.answer_within))
        try:
            with within:
                yield setup.adapter
        except (NotOffered, AdapterMistake):
            raise
        except Exception as error:
            if setup.server and setup.server.has_ended():
                raise ServerDied(f"the server ended; its last words: {setup.server.output()}") from error
            said = setup.server.output() if setup.server else ""
            broke = f"{what}: {in_words(error, setup.adapter)}"
            raise AdapterBroke(broke + (f"{LAST_WORDS}{said}" if said else "")) from error
        finally:
            self._acted_at = stopwatch()

    def now(self) -> int:
        """Return the target's clock in epoch seconds."""
        setup = self._running()
        setup.seen_at = setup.clock.now()
        return setup.seen_at

    def advance(self, seconds: int) -> None:
        """Move the target's clock forward."""
        if not self._described.clock:
            raise NotOffered(Offer.CLOCK.value)
        setup = self._running()
        setup.clock.advance(seconds)
        setup.seen_at = setup.clock.now()

    def outbox(self, email: str) -> Sequence[Mail]:
        """Return the mails sent to `email`, oldest first, once those of the latest act must have come."""
        setup = self._running()
        if setup.mailbox is None or self._described.mail is None:
            raise NotOffered(Offer.OUTBOX.value)
        return setup.mailbox.mails(email, self._acted_at, durations.seconds(self._described.mail.settle))

    @property
    def turned_away(self) -> Mapping[int, str]:
        """What was said last in each mail conversation that brought no mail, by a number that grows."""
        return self._setup.turned_away() if self._setup else {}

    @property
    def password_rules(self) -> PasswordRules | None:
        """What passwords must be: as `[adapter]` says it, or else the adapter."""
        return self._described.adapter.rules or getattr(self._running().adapter, "password_rules", None)

    def close(self) -> None:
        """End everything, and leave nothing behind."""
        setup, self._setup = self._setup, None
        if setup:
            setup.close()


class _Setup:
    """What is running: work folder, mailbox, clock, server and adapter, begun in this order and ended in the other."""

    def __init__(self, described: Description, folder: Path, make: _Make, patience_s: float) -> None:
        self.server: process.Server | None = None
        self.mailbox: mail.Mailbox | None = None
        self.links: mail.Links = {}
        self.turned_away: Callable[[], Mapping[int, str]] = dict
        self.seen_at = 0
        self._open = contextlib.ExitStack()
        try:
            self._begin(described, folder, make, patience_s)
        except BaseException:
            self.close()
            raise

    def _begin(self, described: Description, folder: Path, make: _Make, patience_s: float) -> None:
        work = self._open.enter_context(process.work_folder())
        port = process.free_port()
        places = {
            "here": str(folder),
            "work": str(work),
            "python": sys.executable,
            "port": str(port),
            "url": f"http://127.0.0.1:{port}",
        }
        self.clock: clocks.Clock = clocks.Waiting(patience_s)
        if described.mail and described.mail.kind != "adapter":
            self.mailbox = self._mailbox(described.mail, places)
        if described.clock and described.clock.kind == "libfaketime":
            part = described.clock
            # In a folder of its own: a server that has dropped its rights reads it, and none of the rest.
            folder_of_clock = self._open.enter_context(process.work_folder(0o755))
            self.clock = _faketime(part, folder_of_clock, filled(part.proof, places))
            self._open.callback(self.clock.close)
        if described.server:
            self.server = self._serve(described.server, folder, work, places)
        self.adapter = self._adapter(described, make, places, patience_s)
        self._open.callback(self.adapter.close)
        if described.mail and described.mail.kind == "adapter":
            self.mailbox = mail.AdapterOutbox(self.adapter)
        if self.mailbox and described.mail and described.mail.idle:
            self.mailbox = mail.Told(self.mailbox, self.adapter.mails_are_out)
        if described.clock and described.clock.kind != "libfaketime":
            self.clock = self._own_clock(described.clock)
            self._open.callback(self.clock.close)
        try:
            self.clock.prove()
        except clocks.NoProof as error:
            self.clock = clocks.Waiting(patience_s, str(error))

    def _adapter(self, described: Description, make: _Make, places: Mapping[str, str], patience_s: float) -> Any:
        made = make(described.adapter.said(places))
        if not described.adapter.python:
            return made
        own_clock = described.clock and described.clock.kind == "adapter"
        needed = ["now", "advance"] if own_clock else []
        if described.mail:
            needed += ["outbox"] if described.mail.kind == "adapter" else []
            needed += ["mails_are_out"] if described.mail.idle else []
        within_s = durations.seconds(described.adapter.answer_within)
        return Bordered(made, *needed, within_s=within_s, patience_s=patience_s)

    def _last_seen_at(self) -> int:
        """Return the time when the clock was last looked at, as it is before each act.

        A mail comes in the middle of one and in another thread: no adapter can be asked then.
        """
        return self.seen_at

    def _mailbox(self, part: MailPart, places: dict[str, str]) -> mail.Mailbox:
        made: mail.Mailbox
        links = self.links = mail.compile_links(part.links)
        match part.kind:
            case "smtp":
                from kmc_harness.hosting.mail.smtp import SmtpCatcher

                made = catcher = SmtpCatcher(links, self._last_seen_at)
                certificate = Path(places["work"]) / "smtp-certificate.pem"
                certificate.write_bytes(catcher.certificate)
                places |= {
                    "smtp_port": str(catcher.port),
                    "smtp_starttls_port": str(catcher.starttls_port),
                    "smtp_tls_port": str(catcher.tls_port),
                    "smtp_certificate": str(certificate),
                }
                self.turned_away = catcher.turned_away
            case "imap":
                from kmc_harness.hosting.mail.imap import Imap

                made = Imap(filled(part.url, places), filled(part.password, places), links, self._last_seen_at)
            case "maildir":
                made = mail.Maildir(Path(filled(part.folder, places)), links, self._last_seen_at)
            case "adapter":
                raise AssertionError("an adapter's mailbox is made once there is an adapter")
            case _:
                assert_never(part.kind)
        self._open.callback(made.close)
        return made

    def _serve(self, part: ServerPart, folder: Path, work: Path, places: Mapping[str, str]) -> process.Server:
        command = process.Command(
            tuple(filled(word, places) for word in part.command),
            folder,
            {name: filled(value, places) for name, value in part.environment.items()},
            filled(part.ready or "{url}/", places),
            durations.seconds(part.ready_within),
            tuple(tuple(filled(word, places) for word in each) for each in part.prepare),
            self.clock.environment(),
            400 if part.ready else 500,
        )
        server = process.Server(command, work / "server.log", work, self._without_secrets)
        self._open.callback(server.stop)
        server.start()
        return server

    def _without_secrets(self, said: str) -> str:
        """Shorten what this process has seen of secrets, and what looks like a link, though it may not be mailed."""
        return redaction.without_secrets(re.sub(r"[^\s\"'<>]+", lambda word: self._without_token(word[0]), said))

    def _without_token(self, word: str) -> str:
        if not any(pattern.search(word) for pattern in self.links.values()):
            return word
        token = tokens.token_of(word)
        return word.replace(token, shorten(token)) if len(token) >= redaction.SHORTEST else word

    def _own_clock(self, part: ClockPart) -> clocks.Clock:
        match part.kind:
            case "freezegun":
                return clocks.Freezegun(monotonic=bool(part.monotonic))
            case "time-machine":
                return clocks.TimeMachine(monotonic=bool(part.monotonic))
            case "adapter":
                return clocks.AdapterClock(self.adapter)
            case "wait" | "libfaketime":
                return self.clock
            case _:
                assert_never(part.kind)

    def close(self) -> None:
        """End everything."""
        self._open.close()


def _faketime(part: ClockPart, folder: Path, proof: str) -> clocks.Faketime:
    try:
        return clocks.Faketime(folder, proof, monotonic=part.monotonic or False)
    except LookupError as error:
        raise Misuse(str(error.args[0])) from error


def checked(path: Path) -> tuple[Path, Description]:
    """Return the folder and the content of the `target.toml` at `path`, once what it needs is seen to be installed.

    Raises:
        Misuse: the file makes no sense, or a package is missing.

    """
    folder, described = read(path)
    _check_installed(described)
    return folder, described


def _check_installed(described: Description) -> None:
    """See that what is put around the adapter is there.

    Raises:
        Misuse: a package is missing; the message names it.

    """
    clock = described.clock.kind if described.clock else ""
    mailbox = described.mail.kind if described.mail else ""
    clocks_extra = "clocks" if clock == "libfaketime" else "python-clocks"
    needed = [(clocks_extra, CLOCK_PACKAGES.get(clock)), *(("mail", each) for each in MAIL_PACKAGES.get(mailbox, ()))]
    for extra, package in needed:
        if package and not importlib.util.find_spec(package):
            install = f"pip install 'kmc-harness[{extra}]'"
            raise Misuse(f"{described.name} needs {package}, which is not installed: {install}")


def _maker(described: Description, folder: Path) -> _Make:
    """Return what makes the adapter from its settings; what it names is looked for at once.

    Raises:
        Misuse: it is not there.

    """
    part = described.adapter
    within_s = durations.seconds(part.answer_within)
    if part.exec:
        from kmc_harness.targets.exec import Execd

        argv = [filled(word, {"python": sys.executable, "here": str(folder)}) for word in part.exec]
        # Tried once for its errors: nothing is started before it is asked.
        Execd(argv, folder, {}, within_s)
        return lambda settings: Execd(argv, folder, settings, within_s)
    module, _, name = part.python.partition(":")
    try:
        with loading(None, within_s):
            made = getattr(_imported(module, folder), name)
    except (Broke, NotOffered) as error:
        why, cause = str(error), error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name != module:
            why += f"; adapters run where kmc does: {sys.executable} -m pip install what they import"
        raise Misuse(f"the adapter {part.python} cannot be loaded: {why}") from error

    def make(settings: Mapping[str, str]) -> Any:
        try:
            with loading(made, within_s):
                return made(**settings)
        except (Broke, NotOffered) as error:
            given = f"the settings {', '.join(settings)}" if settings else "no settings"
            raise AdapterMistake(f"{part.python} cannot be called with {given}: {error}") from error

    return make


def _imported(module: str, folder: Path) -> ModuleType:
    """Import `module`, from `folder` where it stands there: under a name of its own, since many are called adapter."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    file = folder / f"{module}.py"
    if not file.exists():
        return importlib.import_module(module)
    spec = importlib.util.spec_from_file_location(f"{folder.name}/{module}", file)
    assert spec is not None
    assert spec.loader is not None
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made
