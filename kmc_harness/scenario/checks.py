"""What is expected of the target: what a `Then` says.

Each check counts, and raises `Departure` where it does not hold; a scenario without a check is no pass.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import unquote

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode, read_qr_code
from kmc_harness.phone.pictures import quiet_zone_modules
from kmc_harness.port import Action, LinkKind, Observation, Offer, OpenEnrolmentLink, Screen, UseSession
from kmc_harness.scenario.codes import Codes
from kmc_harness.scenario.disclosure import tells_code, tells_password, tells_secret, unread
from kmc_harness.scenario.evidence import Checked
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.scenario.likeness import is_alike
from kmc_harness.scenario.people import Person
from kmc_harness.scenario.post import Post
from kmc_harness.secrecy import tokens
from kmc_harness.secrecy.addresses import why_elsewhere
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.sentences import Link, Which

__all__ = ["NO_SESSION", "Checks"]

NO_SESSION = "no session without a code"
UNTOLD = "an account that it does not tell"
IDENTIFIER = re.compile(r"\b(?=[a-f-]*\d)[\da-f][\da-f-]{15,}\b", re.IGNORECASE)
"""What many products write into each answer, to find it again in their logs: 16 or more of 0-9, a-f and hyphens."""
MASKED = re.compile(r"(?=\S*[*\u2022\u2026])\S+@\S+")
"""An e-mail with some of its signs hidden, as a***@kmc.example."""
RESETS_PERIOD_S = 600
MAIL_TAKES_S = 20
"""What one mail may be longer under way than another, in seconds of the target's clock."""
AGAIN_S = 61
"""After so long the same is asked again: a time in an answer is another one then, to the minute."""
FEWEST_TOKENS = 8
"""With fewer, places of a random token are alike by chance."""


class Checks:
    """Holds what was seen against what is expected; each check is named as sentences name it.

    `count` is how many there were.
    """

    def __init__(self, exchange: Exchange, post: Post, codes: Codes) -> None:
        """Start with nothing checked."""
        self._exchange = exchange
        self._people = exchange.people
        self._post = post
        self._codes = codes
        self.count = 0

    def that(self, held: bool, expected: str, actual: str) -> None:
        """Count a check.

        Raises:
            Departure: it does not hold.

        """
        self.count += 1
        checked = Checked(at=self._exchange.looked_at, expected=expected, actual=actual, held=held)
        self._exchange.recorder.note(checked)
        if not held:
            raise Departure(expected, actual)

    def last(self) -> Observation:
        """Return the latest answer to an act."""
        if not self._exchange.answers:
            raise Unreached("an answer was to be looked at, but nothing was done")
        return self._exchange.answers[-1]

    def look_of(self, seen: Observation) -> str:
        """Return what a person would say of an answer, whatever e-mail was typed and however answers are numbered."""
        look = seen.in_words
        for person in self._people.all:
            look = look.replace(person.email, "(the e-mail typed)")
        return IDENTIFIER.sub("(an identifier)", MASKED.sub("(an e-mail, masked)", look))

    def result(self, name: str, result: str) -> None:
        """Expect the latest answer to be `accepted`, `refused` or `asked for a code`."""
        person = self._people[name]
        seen = self.last()
        held = seen.accepted if result == "accepted" else not self._lets_in(person, seen)
        words = seen.in_words
        if result == "asked for a code" and held and not seen.asks_for_code:
            held, words = False, f"{words}, and no code asked for (an adapter says so by asks_for_code)"
        self.that(held, f"{person.name} {result}", words)

    def _lets_in(self, person: Person | None, seen: Observation) -> bool:
        """Whether an answer is a yes, or a refusal with another session all the same, in which pages are shown."""
        if seen.accepted or seen.session in (None, person and person.session):
            return seen.accepted
        return self._exchange.perform(UseSession(seen.session)).accepted

    def session(self, name: str, account: str) -> None:
        """Expect the latest answer to have opened a session in `account` that can be used."""
        person = self._people[name]
        seen = self.last()
        self.that(seen.accepted and seen.session is not None, f"{person.name} logged in", seen.in_words)
        used = self._exchange.perform(UseSession(person.open_session))
        in_account = used.account in (None, self._exchange.account(account))
        self.that(used.accepted, f"a session that can be used in {account}", used.in_words)
        self.that(in_account, f"a session in {account}", f"a session in {used.account or UNTOLD}")

    def open_session(self, name: str, account: str) -> None:
        """Expect the person's session to be usable still, and to be in `account`."""
        person = self._people[name]
        used = self._exchange.perform(UseSession(person.open_session))
        self.that(used.accepted, f"{person.name}'s session open", used.in_words)
        there = used.account in (None, self._exchange.account(account))
        self.that(there, f"{person.name}'s session in {account}", f"a session in {used.account or UNTOLD}")

    def no_session_without_code(self) -> None:
        """Expect no answer so far to have opened a session in an account that asks for a code, without one."""
        self._exchange.sessions.look()
        opened = self._exchange.sessions.opened
        self.that(opened is None, NO_SESSION, opened.actual if opened else "none is open")

    def ended_session(self, name: str, *, earlier: bool) -> None:
        """Expect the person's session, or the one before it, to be of no use any more."""
        person = self._people[name]
        handle = person.earlier_session if earlier else person.open_session
        if handle is None:
            raise Unreached(f"{person.name} was to have an earlier session, but has none")
        used = self._exchange.perform(UseSession(handle))
        self.that(not used.accepted, f"{person.name}'s session ended", used.in_words)

    def qr_code(self, name: str) -> None:
        """Expect the latest answer to show a QR code that an app can pair from, and scan it."""
        seen = self.last()
        self.that(seen.shows_qr_code, "a QR code", seen.in_words)
        try:
            Authenticator.scan(seen.picture, seen.uri)
        except UnreadableQrCode as error:
            self.that(False, "a QR code that an authenticator app can pair from", str(error))
        self._people[name].shown = seen
        self._codes.scan(self._people[name])

    def way_to_qr_code(self, name: str) -> None:
        """Expect the latest answer to show a QR code, or the latest act to have mailed a link to one."""
        shown, who = self.last(), self._people[name].name
        mailed = 0 if shown.shows_qr_code else self._mailed(name, LinkKind.ENROLMENT)
        held = shown.shows_qr_code or mailed > 0
        if not held:
            self._nobody_turned_away(f"a link to a QR code was to be mailed to {who}")
        self.that(held, f"a QR code shown or mailed to {who}", f"{shown.in_words}, {mailed} mailed")

    def no_qr_code(self) -> None:
        """Expect the latest answer to show no QR code."""
        seen = self.last()
        self.that(not seen.shows_qr_code, "no QR code", seen.in_words)

    def no_qr_code_of(self, name: str, other: str) -> None:
        """Expect the latest answer, to `name`, to show no QR code with the secret of `other`."""
        person, seen = self._people[name], self.last()
        theirs = self._people.known(other) or Person(other, "")
        shown = _secret_in(seen) if seen.shows_qr_code else ""
        secrets = {each.secret for each in theirs.entries}
        if shown and not secrets:
            link = self._post.link(theirs, Link(Which.NEWEST, LinkKind.ENROLMENT))
            opened = self._exchange.perform(OpenEnrolmentLink(link))
            secrets = {_secret_in(self._exchange.must(opened, f"{other} was to see a QR code"))}
        words = f"the QR code of {other}" if shown in secrets else seen.in_words
        self.that(shown not in secrets, f"no QR code of {other} for {person.name}", words)

    def refused_each_time(self, name: str) -> None:
        """Expect every one of the wrong passwords or codes just tried to have been refused."""
        person, tried = self._people[name], self._exchange.tried
        if not tried:
            raise Unreached(f"logins as {name} were to be tried, but none was")
        accepted = sum(self._lets_in(person, seen) for seen in tried)
        self.that(not accepted, f"all {len(tried)} refused", f"{accepted} of {len(tried)} accepted")

    def one_of_last_at_most(self, count: int) -> None:
        """Expect one at most of the last `count` answers to be a yes."""
        if len(self._exchange.answers) < count:
            raise Unreached(f"{count} answers were to be looked at, but there are {len(self._exchange.answers)}")
        accepted = sum(self._lets_in(None, seen) for seen in self._exchange.answers[-count:])
        self.that(accepted <= 1, f"one of {count} to succeed at most", f"{accepted} of {count} accepted")

    def one_at_most(self) -> None:
        """Expect one at most of what was done at the same moment to have succeeded.

        Raises:
            Unreached: none did, so that nothing was to be seen of a race.

        """
        accepted = sum(seen.shows_qr_code or self._lets_in(None, seen) for seen in self._exchange.raced)
        if not accepted:
            raise Unreached(f"one of {len(self._exchange.raced)} at the same moment was to succeed, but none did")
        self.that(accepted == 1, "one to succeed at most", f"{accepted} of {len(self._exchange.raced)} accepted")

    def words(self, name: str) -> None:
        """Expect the person to be told something."""
        who, said = self._people[name].name, self.last().message.strip()
        self.that(bool(said), f"a message that tells {who} so", f'"{said}"' if said else "no word")

    def mailed(self, name: str, count: int, kind: LinkKind) -> None:
        """Expect the latest act to have mailed `count` links of `kind` to `name`."""
        found, who = self._mailed(name, kind), self._people[name].name
        if found < count:
            self._nobody_turned_away(f"{count} {kind} link was to be mailed to {who}")
        self._one_token_each(name, found, count, kind)
        self.that(found == count, f"{count} {kind} link mailed to {who}", f"{found} mailed")

    def _mailed(self, name: str, kind: LinkKind) -> int:
        """Return how many links of `kind` the latest act mailed to `name`.

        Raises:
            Unreached: none, but a mail with an address that is told to be of no kind at all: the fault may be ours.
            Departure: parts of a mail, such as text and HTML, lead to different things.

        """
        self._same_in_all_parts(self._people[name], kind)
        found = len(self._post.new_links(self._people[name], kind))
        if not found and (unknown := self._post.unknown_addresses(self._post.new_mails(self._people[name]))):
            raise Unreached(
                f"a mail came to {self._people[name].name}, but no link in it is known as one for {kind}: {unknown}; "
                "does the adapter, or target.toml, tell them by their addresses?"
            )
        return found

    def _one_token_each(self, name: str, found: int, most: int, kind: LinkKind) -> None:
        """See that the links of one mail, where they are more than `most`, are certain to be different.

        Raises:
            Unreached: several have one token.

        """
        if found > most >= self._post.fewest_new_links(self._people[name], kind):
            told = f"{found} addresses came with the token of one, and nothing tells what the others lead to"
            raise Unreached(f"{most} {kind} link was to be mailed to {self._people[name].name}, but {told}")

    def _nobody_turned_away(self, expected: str) -> None:
        """See that no mail was lost to our own mail server since the act began.

        Raises:
            Unreached: one may have been.

        """
        if told := self._post.turned_away():
            wants_tls = "a client that insists on TLS has it at {smtp_starttls_port} or {smtp_tls_port}"
            raise Unreached(f"{expected}, but {told}; {wants_tls}")

    def _same_in_all_parts(self, person: Person, kind: LinkKind) -> None:
        for mail in self._post.new_mails(person):
            meant = [each.url for each in mail.links if each.kind is kind]
            for each in mail.elsewhere if meant else ():
                if each.kind is not kind:
                    continue
                expected = f"a mail to {person.name} whose parts lead to one {kind} link"
                why, where = why_elsewhere(each.url, meant), tokens.without_token(each.url)
                if why is None:
                    other = f"the address in its {each.part} part is not the one that is used: {where}"
                    raise Unreached(f"{expected} was to come, but {other}; nothing tells whether it leads there too")
                self.that(False, expected, f"the address in its {each.part} part {why}")

    def at_most_mailed(self, name: str, count: int) -> None:
        """Expect `count` mails with a reset link at most, in any ten minutes, for the latest act.

        Raises:
            Unreached: none came, so that nothing tells whether they are limited.

        """
        all_found, person = self._mailed(name, LinkKind.RESET), self._people[name]
        if not all_found:
            raise Unreached(f"a reset link was to be mailed to {person.name}, but {self._post.what_came(person)}")
        found = _most_within(RESETS_PERIOD_S - MAIL_TAKES_S, self._post.new_links_at(person, LinkKind.RESET))
        self._one_token_each(name, found, count, LinkKind.RESET)
        seen = f"{found} mailed" if found == all_found else f"{found} mailed in ten minutes, of {all_found}"
        self.that(found <= count, f"{count} reset links at most mailed to {person.name}", seen)

    def none_mailed(self, name: str, kind: LinkKind) -> None:
        """Expect the latest act to have mailed no link of `kind` to `name`."""
        found = len(self._post.new_links(self._people[name], kind))
        if not found:
            self._nobody_turned_away(f"no {kind} link was to be mailed to {self._people[name].name}, and none came")
        self.that(found == 0, f"no {kind} link mailed to {self._people[name].name}", f"{found} mailed")

    def none_mailed_as_typed(self, name: str, typed: Callable[[str], str]) -> None:
        """Expect no reset link to have been mailed to the e-mail of `name` as they typed it."""
        person = self._people[name]
        mails = self._post.mails_as_typed(person, typed(person.email))
        found = sum(link.kind is LinkKind.RESET for mail in mails for link in mail.links)
        self.that(not found, f"no reset link mailed to {person.name}'s e-mail as it was typed", f"{found} mailed")

    def no_link_told(self, name: str) -> None:
        """Expect the latest answer to tell nobody the reset link that was mailed to `name`."""
        person, said = self._people[name], unquote(self.last().message)
        mailed = self._post.new_links(person, LinkKind.RESET)
        if not mailed:
            came = self._post.what_came(person)
            raise Unreached(f"the answer was to be compared with the link mailed to {person.name}, but {came}")
        told = any(unquote(tokens.token_of(url)) in said for url in mailed)
        self.that(not told, "an answer that does not tell the link", "it tells the link" if told else "it tells none")

    def same_answers(self, count: int) -> None:
        """Expect the last `count` answers to look the same to a person, but for what changes by itself."""
        if len(self._exchange.answers) < count:
            raise Unreached(f"{count} answers were to be compared, but there are {len(self._exchange.answers)}")
        looks = [self.look_of(answer) for answer in self._exchange.answers[-count:]]
        held = len(set(looks)) == 1 or self._differ_by_themselves(looks, self._exchange.acts[-count:])
        self.that(held, f"{count} answers that look the same", " / ".join(dict.fromkeys(looks)))

    def _differ_by_themselves(self, looks: Sequence[str], acts: Sequence[Action]) -> bool:
        """Whether `looks` differ only in what is different too when the same is asked again, after a while."""
        is_limited = len(looks) > len(set(acts))
        if is_limited and Offer.CLOCK not in self._exchange.offers:
            return False  # what is asked again before a limit is over is no measure
        again = {}
        for act in dict.fromkeys(acts):
            self._exchange.keep_apart(RESETS_PERIOD_S + 1 if is_limited else AGAIN_S)
            again[act] = self.look_of(self._exchange.perform(act))
        asked = list(zip(acts, looks, strict=True))[: 1 if is_limited else None]
        return any(all(is_alike(look, again[act], other) for other in looks) for act, look in asked)

    def different_secrets(self, name: str, other: str) -> None:
        """Expect the authenticators of two people to hold different secrets."""
        one, two = (self._codes.app_of(self._people[each]).secret for each in (name, other))
        seen = "two different secrets" if one != two else "one secret for both"
        self.that(one != two, f"{name} and {other} with a secret each", seen)

    def secrets_of(self, name: str, count: int) -> None:
        """Expect the `count` QR codes that `name` has scanned to hold different secrets."""
        entries = self._people[name].entries
        if len(entries) != count:
            raise Unreached(f"{count} QR codes were to be compared, but {len(entries)} were scanned")
        different = len({each.secret for each in entries})
        self.that(different == count, f"{count} different secrets", f"{different}")

    def unrelated_secrets(self, count: int) -> None:
        """Expect `count` secrets seen so far to be all different and to have no byte in common."""
        entries = [each for person in self._people.all for each in person.entries]
        if len(entries) < count:
            raise Unreached(f"{count} secrets were to be compared, but {len(entries)} were seen")
        raw = [each.secret_bytes for each in entries]
        self.that(len(set(raw)) == len(raw), f"{len(raw)} different secrets", f"{len(set(raw))} different ones")
        constant = tokens.constant_bytes(raw)
        self.that(constant == 0, "no byte alike in all secrets", f"{constant} bytes alike")

    def secret_bits(self, name: str, bits: int) -> None:
        """Expect the shared secret to have `bits` bits or more."""
        found = self._codes.app_of(self._people[name]).secret_bits
        self.that(found >= bits, f"a shared secret of {bits} bits or more", f"{found} bits")

    def common_parameters(self, name: str) -> None:
        """Expect no parameter that common apps ignore: SHA-1, six digits, 30 s."""
        entry = self._codes.app_of(self._people[name])
        found = (entry.algorithm, entry.digits, entry.step_s)
        self.that(found == ("SHA1", 6, 30), "SHA1, 6 digits, 30 s", ", ".join(map(str, found)))

    def named_entry(self, name: str) -> None:
        """Expect the URI to name issuer and account as the Key URI format asks, label and parameter alike."""
        entry = self._codes.app_of(self._people[name])
        in_label, account = entry.named_issuer_and_account
        self.that(bool(entry.issuer), "an issuer parameter", entry.issuer or "none")
        well = "names and a secret as apps take them: percent-encoded once, no colon, no padding"
        self.that(not entry.ill_formed, well, entry.ill_formed or "well-formed")
        self.that(in_label == entry.issuer, f"label and issuer alike ({entry.issuer})", f"label: {in_label or 'none'}")
        self.that(bool(account), "an account in the label", account or "none")
        if "@" in account:
            email = self._people[name].email
            self.that(account.casefold() == email.casefold(), f"{email} in the label", account)

    def different_entries(self, name: str, other: str) -> None:
        """Expect the QR codes of two people to have different labels: of two alike, apps keep one or mix them up."""
        one, two = (self._codes.app_of(self._people[each]).label for each in (name, other))
        self.that(one != two, f"labels that tell {name} and {other} apart", f"{unquote(one)} for both")

    def quiet_zone(self, modules: int) -> None:
        """Expect the delivered picture to have a quiet zone of `modules` around the symbol."""
        self._exchange.needs(Offer.PICTURE)
        picture = self.last().picture or b""
        try:
            read_qr_code(picture)
        except UnreadableQrCode as error:
            raise Unreached(f"a QR code was to be measured, but there is {error}") from error
        found = quiet_zone_modules(picture)
        self.that(found >= modules, f"a quiet zone of {modules} modules", f"{found:.1f}")

    def unguessable_links(self, kind: LinkKind) -> None:
        """Expect the links of `kind` mailed to anybody to carry 128 random bits and nothing about their users."""
        people = self._people.all
        mailed = {
            link.url: (person, mail.sent_at)
            for person in people
            for mail in self._post.mails(person)
            for link in mail.links
            if link.kind is kind
        }
        for nth, (url, (person, sent_at)) in enumerate(mailed.items()):
            # What all are for is looked at in one of them: it takes its time.
            if known := tokens.made_from(url, person.email, sent_at, () if nth else tokens.purposes_of(url)):
                self.that(False, "128 unguessable bits in a link", f"0: its token is {known}")
        if len(mailed) < FEWEST_TOKENS:
            raise Unreached(f"{FEWEST_TOKENS} links or more were to be compared, but {len(mailed)} came")
        bits = tokens.random_bits_of_links(list(mailed))
        self.that(bits >= 128, "128 unguessable bits in a link", f"{bits:.0f}")
        told = [
            tokens.told_by(tokens.token_of(url), (person.email, person.email.partition("@")[0]))
            for url, (person, _) in mailed.items()
        ]
        told += ["the user's e-mail" for url, (person, _) in mailed.items() if tokens.tells_email(url, person.email)]
        seen = next(filter(None, told), "nothing told by any")
        self.that(not any(told), "a link that tells nothing about the user", seen)

    def unguessable_sessions(self) -> None:
        """Expect the tokens of everybody's sessions to carry 128 random bits."""
        self._exchange.needs(Offer.TOKENS)
        found = [each.session for each in self._people.all if each.session]
        if len(found) < FEWEST_TOKENS:
            raise Unreached(f"{FEWEST_TOKENS} session tokens or more were to be compared, but {len(found)} were given")
        bits = tokens.random_bits(found)
        self.that(bits >= 128, "128 unguessable bits in a session token", f"{bits:.0f}")

    def no_secret_in_mail(self, name: str) -> None:
        """Expect no mail to `name`, or to anybody else, to tell a secret, a password or a code of anybody.

        Raises:
            Unreached: none came, or a part of one that may be personal cannot be read.

        """
        if not self._post.mails(self._people[name]):
            raise Unreached(f"the mails of {name} were to be read, but none came")
        people = self._people.all
        mails = [mail for person in people for mail in self._post.mails(person)]
        now = self._exchange.now()
        told = {
            "secret": sum(any(tells_secret(mail, each.secret) for each in _entries(people)) for mail in mails),
            "password": sum(any(tells_password(mail, each) for each in _passwords(people)) for mail in mails),
            "code": sum(any(tells_code(mail, each) for each in _codes(people, mail.sent_at, now)) for mail in mails),
        }
        for what, count in told.items():
            self.that(not count, f"no {what} in a mail", f"it stands in {count} of {len(mails)}")
        if left := unread(mails):
            raise Unreached(f"the mails were to be read whole, but these parts could not be: {', '.join(left)}")

    def screen(self) -> Screen:
        """Return the screen of the latest answer."""
        self._exchange.needs(Offer.SCREEN)
        if (seen := self.last().screen) is None:
            raise Unreached("a screen was to be looked at, but none is shown")
        return seen

    def on_screen(self, names: Iterable[str]) -> None:
        """Expect fields, buttons and links of these names on the screen."""
        there = self.screen().names
        missing = [name for name in names if name not in there]
        seen = f"no {', no '.join(missing)}" if missing else ", ".join(there)
        self.that(not missing, f"{', '.join(names)} on the screen", seen)

    def only_email_filled_in(self, name: str) -> None:
        """Expect the person's e-mail to stand on the screen already, and neither password nor code."""
        filled_in = {field: text for field, text in self.screen().filled_in.items() if text and field != "Remember me"}
        person = self._people[name]
        seen = ", ".join(f"{field} filled in" for field in filled_in) or "nothing filled in"
        self.that(filled_in == {"E-mail": person.email}, f"{person.name}'s e-mail filled in, and nothing else", seen)

    def not_kept(self) -> None:
        """Expect the page not to be cached anywhere."""
        sent = self.screen().cache_control
        self.that("no-store" in sent.lower(), "Cache-Control: no-store", sent or "no such header")


def _secret_in(seen: Observation) -> str:
    try:
        return Authenticator.scan(seen.picture, seen.uri).secret
    except UnreadableQrCode as error:
        raise Unreached(f"a QR code was to be compared, but there is {error}") from error


def _entries(people: Iterable[Person]) -> Iterator[Authenticator]:
    return (entry for person in people for entry in person.entries)


def _passwords(people: Iterable[Person]) -> set[str]:
    return {password for person in people for password in (person.password, *person.passwords_before)}


def _codes(people: Iterable[Person], *instants: int) -> set[str]:
    """Return the codes that people's apps show around each of `instants`."""
    return {
        entry.code_at(at + steps * entry.step_s)
        for entry in _entries(people)
        for at in instants
        for steps in (-1, 0, 1)
    }


def _most_within(period_s: int, times: Sequence[int]) -> int:
    """Return how many of `times` lie at most in less than `period_s`, wherever that begins."""
    return max((sum(0 <= each - first < period_s for each in times) for first in times), default=0)
