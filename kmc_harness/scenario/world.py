"""The world of one scenario: its people, and what is expected of the target they use.

`expect_…` count as checks and raise `Departure` where one does not hold; a scenario without a check is no pass.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode, read_qr_code
from kmc_harness.phone.pictures import quiet_zone_modules
from kmc_harness.port import AccountStatus, LinkKind, Observation, Offer, Screen, UserStatus, UseSession
from kmc_harness.scenario.evidence import Checked
from kmc_harness.scenario.scene import HOME, Person
from kmc_harness.scenario.situations import Situations
from kmc_harness.secrecy import tokens
from kmc_harness.verdicts import Departure, Unreached

__all__ = ["HOME", "AccountStatus", "LinkKind", "UserStatus", "World"]

UNTOLD = "an account that it does not tell"
IDENTIFIER = re.compile(r"\b(?=[a-f-]*\d)[\da-f][\da-f-]{15,}\b", re.IGNORECASE)
"""What many products write into each answer, to find it again in their logs: 16 or more of 0-9, a-f and hyphens."""
MASKED = re.compile(r"(?=\S*[*\u2022\u2026])\S+@\S+")
"""An e-mail with some of its signs hidden, as a***@kmc.example."""
FEWEST_LINKS = 8
"""With fewer, places of a random token are alike by chance."""


class World(Situations):
    """What a scenario's steps talk to."""

    def expect(self, held: bool, expected: str, seen: str) -> None:
        """Count a check, and raise Departure where it does not hold."""
        self.checks += 1
        self.recorder.note(Checked(at=self._at, expected=expected, seen=seen, held=held))
        if not held:
            raise Departure(expected, seen)

    def tell(self, sentences: Iterable[str]) -> None:
        """Do what other steps say, one sentence after another."""
        from kmc_harness.specification.bindings import step_of

        for sentence in sentences:
            step_of(sentence)(self)

    def last(self) -> Observation:
        """Return the latest answer to an act."""
        if not self.answers:
            raise Unreached("an answer was to be looked at, but nothing was done")
        return self.answers[-1]

    def in_words(self, seen: Observation) -> str:
        """Return what a person would say of an answer."""
        words = "accepted" if seen.accepted else "asked for a code" if seen.asks_for_code else "refused"
        words += " with a QR code" if seen.shows_qr_code else ""
        words += " with a session" if seen.session else ""
        return words + (f' ("{seen.message}")' if seen.message else "")

    def look_of(self, seen: Observation) -> str:
        """Return what a person would say of an answer, whatever e-mail was typed and however answers are numbered."""
        look = self.in_words(seen)
        for person in self.people:
            look = look.replace(person.email, "(the e-mail typed)")
        return IDENTIFIER.sub("(an identifier)", MASKED.sub("(an e-mail, masked)", look))

    def expect_result(self, name: str, result: str) -> None:
        """Expect the latest answer to be `accepted`, `refused` or `asked for a code`."""
        person = self.person(name)
        seen = self.last()
        held = seen.accepted if result == "accepted" else not seen.accepted and not self._opens(person, seen)
        words = self.in_words(seen)
        if result == "asked for a code" and held and not seen.asks_for_code:
            held, words = False, f"{words}, and no code asked for (an adapter says so by asks_for_code)"
        self.expect(held, f"{person.name} {result}", words)

    def _opens(self, person: Person, refusal: Observation) -> bool:
        """Whether a refusal brought another session all the same, in which pages are shown."""
        if refusal.session in (None, person.session):
            return False
        return self.perform(UseSession(refusal.session)).accepted

    def expect_session(self, name: str, account: str) -> None:
        """Expect the latest answer to have opened a session in `account` that can be used."""
        person = self.person(name)
        seen = self.last()
        self.expect(seen.accepted and seen.session is not None, f"{person.name} logged in", self.in_words(seen))
        used = self.perform(UseSession(self._session(person)))
        in_account = used.account in (None, self.account(account))
        self.expect(used.accepted, f"a session that can be used in {account}", self.in_words(used))
        self.expect(in_account, f"a session in {account}", f"a session in {used.account or UNTOLD}")

    def expect_open_session(self, name: str, account: str) -> None:
        """Expect the person's session to be usable still, and to be in `account`."""
        person = self.person(name)
        used = self.perform(UseSession(self._session(person)))
        self.expect(used.accepted, f"{person.name}'s session open", self.in_words(used))
        there = used.account in (None, self.account(account))
        self.expect(there, f"{person.name}'s session in {account}", f"a session in {used.account or UNTOLD}")

    def expect_ended_session(self, name: str, *, earlier: bool) -> None:
        """Expect the person's session, or the one before it, to be of no use any more."""
        person = self.person(name)
        handle = person.earlier_session if earlier else self._session(person)
        if handle is None:
            raise Unreached(f"{person.name} was to have an earlier session, but has none")
        used = self.perform(UseSession(handle))
        self.expect(not used.accepted, f"{person.name}'s session ended", self.in_words(used))

    def expect_qr_code(self, name: str) -> None:
        """Expect the latest answer to show a QR code that an app can pair from, and scan it."""
        seen = self.last()
        self.expect(seen.shows_qr_code, "a QR code", self.in_words(seen))
        try:
            Authenticator.scan(seen.picture, seen.uri)
        except UnreadableQrCode as error:
            self.expect(False, "a QR code that an authenticator app can pair from", str(error))
        self.person(name).shown = seen
        self.scan(name)

    def expect_way_to_qr_code(self, name: str) -> None:
        """Expect the latest answer to show a QR code, or the latest act to have mailed a link to one."""
        shown, who = self.last(), self.person(name).name
        mailed = 0 if shown.shows_qr_code else self._mailed(name, LinkKind.ENROLMENT)
        held = shown.shows_qr_code or mailed > 0
        self.expect(held, f"a QR code shown or mailed to {who}", f"{self.in_words(shown)}, {mailed} mailed")

    def expect_no_qr_code(self) -> None:
        """Expect the latest answer to show no QR code."""
        seen = self.last()
        self.expect(not seen.shows_qr_code, "no QR code", self.in_words(seen))

    def expect_refused_each_time(self, name: str) -> None:
        """Expect every one of the wrong passwords or codes just tried to have been refused."""
        accepted = sum(seen.accepted or seen.session is not None for seen in self.tried)
        if not self.tried:
            raise Unreached(f"logins as {name} were to be tried, but none was")
        self.expect(not accepted, f"all {len(self.tried)} refused", f"{accepted} of {len(self.tried)} accepted")

    def expect_one_at_most(self) -> None:
        """Expect one at most of what was done at the same moment to have succeeded.

        Raises:
            Unreached: none did, so that nothing was to be seen of a race.

        """
        accepted = sum(seen.accepted or seen.shows_qr_code or seen.session is not None for seen in self.raced)
        if not accepted:
            raise Unreached(f"one of {len(self.raced)} at the same moment was to succeed, but none did")
        self.expect(accepted == 1, "one to succeed at most", f"{accepted} of {len(self.raced)} accepted")

    def expect_words(self, name: str) -> None:
        """Expect the person to be told something."""
        who, said = self.person(name).name, self.last().message.strip()
        self.expect(bool(said), f"a message that tells {who} so", f'"{said}"' if said else "no word")

    def expect_mailed(self, name: str, count: int, kind: LinkKind) -> None:
        """Expect the latest act to have mailed `count` links of `kind` to `name`."""
        found, who = self._mailed(name, kind), self.person(name).name
        self.expect(found == count, f"{count} {kind} link mailed to {who}", f"{found} mailed")

    def _mailed(self, name: str, kind: LinkKind) -> int:
        """Return how many links of `kind` the latest act mailed to `name`.

        Raises:
            Unreached: none, but a mail with an address that is told to be of no kind at all: the fault may be ours.

        """
        found = len(self.new_links(name, kind))
        if not found and (unknown := self.unknown_addresses(self.new_mails(name))):
            raise Unreached(
                f"a mail came to {self.person(name).name}, but no link in it is known as one for {kind}: {unknown}; "
                "does the adapter, or target.toml, tell them by their addresses?"
            )
        return found

    def expect_at_most_mailed(self, name: str, count: int) -> None:
        """Expect at least one and at most `count` mails with a reset link, for the latest act."""
        found, who = self._mailed(name, LinkKind.RESET), self.person(name).name
        self.expect(1 <= found <= count, f"1 to {count} reset links mailed to {who}", f"{found} mailed")

    def expect_none_mailed(self, name: str, kind: LinkKind) -> None:
        """Expect the latest act to have mailed no link of `kind` to `name`."""
        found = len(self.new_links(name, kind))
        self.expect(found == 0, f"no {kind} link mailed to {self.person(name).name}", f"{found} mailed")

    def expect_same_answers(self, count: int) -> None:
        """Expect the last `count` answers to look the same to a person."""
        if len(self.answers) < count:
            raise Unreached(f"{count} answers were to be compared, but there are {len(self.answers)}")
        looks = [self.look_of(answer) for answer in self.answers[-count:]]
        self.expect(len(set(looks)) == 1, f"{count} answers that look the same", " / ".join(dict.fromkeys(looks)))

    def expect_different_secrets(self, name: str, other: str) -> None:
        """Expect the authenticators of two people to hold different secrets."""
        one, two = (self._known_authenticator(self.person(each)).secret for each in (name, other))
        seen = "two different secrets" if one != two else "one secret for both"
        self.expect(one != two, f"{name} and {other} with a secret each", seen)

    def expect_secrets_of(self, name: str, count: int) -> None:
        """Expect the `count` QR codes that `name` has scanned to hold different secrets."""
        entries = self._entries(self.person(name))
        if len(entries) != count:
            raise Unreached(f"{count} QR codes were to be compared, but {len(entries)} were scanned")
        different = len({each.secret for each in entries})
        self.expect(different == count, f"{count} different secrets", f"{different}")

    @staticmethod
    def _entries(person: Person) -> list[Authenticator]:
        return [each for each in (*person.earlier, person.authenticator) if each is not None]

    def expect_unrelated_secrets(self, count: int) -> None:
        """Expect `count` secrets seen so far to be all different and to have no byte in common."""
        entries = [each for person in self.people for each in self._entries(person)]
        if len(entries) < count:
            raise Unreached(f"{count} secrets were to be compared, but {len(entries)} were seen")
        raw = [each.secret_bytes for each in entries]
        self.expect(len(set(raw)) == len(raw), f"{len(raw)} different secrets", f"{len(set(raw))} different ones")
        constant = tokens.constant_bytes(raw)
        self.expect(constant == 0, "no byte alike in all secrets", f"{constant} bytes alike")

    def expect_secret_bits(self, name: str, bits: int) -> None:
        """Expect the shared secret to have `bits` bits or more."""
        found = self._known_authenticator(self.person(name)).secret_bits
        self.expect(found >= bits, f"a shared secret of {bits} bits or more", f"{found} bits")

    def expect_common_parameters(self, name: str) -> None:
        """Expect no parameter that common apps ignore: SHA-1, six digits, 30 s."""
        entry = self._known_authenticator(self.person(name))
        found = (entry.algorithm, entry.digits, entry.step_s)
        self.expect(found == ("SHA1", 6, 30), "SHA1, 6 digits, 30 s", ", ".join(map(str, found)))

    def expect_named_entry(self, name: str) -> None:
        """Expect the URI to name issuer and account, percent-encoded, label and parameter alike."""
        entry = self._known_authenticator(self.person(name))
        in_label, account = entry.named_issuer_and_account
        self.expect(bool(entry.issuer), "an issuer parameter", entry.issuer or "none")
        self.expect(
            in_label == entry.issuer, f"label and issuer alike ({entry.issuer})", f"label: {in_label or 'none'}"
        )
        self.expect(bool(account), "an account in the label", account or "none")
        raw = [sign for sign in ' <>"{}|\\^`' if sign in entry.uri] or ["non-ASCII"] * (not entry.uri.isascii())
        self.expect(not raw, "a percent-encoded URI", f"raw {raw} in it" if raw else "nothing raw in it")

    def expect_quiet_zone(self, modules: int) -> None:
        """Expect the delivered picture to have a quiet zone of `modules` around the symbol."""
        self.needs(Offer.PICTURE)
        picture = self.last().picture or b""
        try:
            read_qr_code(picture)
        except UnreadableQrCode as error:
            raise Unreached(f"a QR code was to be measured, but there is {error}") from error
        found = quiet_zone_modules(picture)
        self.expect(found >= modules, f"a quiet zone of {modules} modules", f"{found:.1f}")

    def expect_unguessable_links(self, kind: LinkKind) -> None:
        """Expect the links of `kind` mailed to anybody to carry 128 random bits and nothing about their users."""
        people = list(self.people)
        mailed = {url: person for person in people for url in self.links(person, kind)}
        owners = {tokens.token_of(url): person for url, person in mailed.items()}
        if len(owners) < FEWEST_LINKS:
            raise Unreached(f"{FEWEST_LINKS} links or more were to be compared, but {len(owners)} came")
        bits = tokens.random_bits(list(owners))
        self.expect(bits >= 128, "128 unguessable bits in a link", f"{bits:.0f}")
        told = [
            tokens.told_by(token, (person.email, person.email.partition("@")[0])) for token, person in owners.items()
        ]
        told += ["the user's e-mail" for url, person in mailed.items() if person.email in unquote(url)]
        seen = next(filter(None, told), "nothing told by any")
        self.expect(not any(told), "a link that tells nothing about the user", seen)

    def expect_no_secret_in_mail(self, name: str) -> None:
        """Expect neither the shared secret, nor the password, nor the code in any mail of `name`."""
        person = self.person(name)
        entry = self._known_authenticator(person)
        secrets = {"secret": entry.secret, "password": person.password, "code": entry.code_at(self.now())}
        mails = self.mails(person)
        if not mails:
            raise Unreached(f"the mails of {name} were to be read, but none came")
        for what, secret in secrets.items():
            told = sum(_spelt(what, secret) in _spelt(what, f"{mail.subject}\n{mail.text}") for mail in mails)
            self.expect(not told, f"no {what} in a mail", f"it stands in {told} of {len(mails)}")

    def screen(self) -> Screen:
        """Return the screen of the latest answer."""
        self.needs(Offer.SCREEN)
        if (seen := self.last().screen) is None:
            raise Unreached("a screen was to be looked at, but none is shown")
        return seen

    def expect_on_screen(self, names: Iterable[str]) -> None:
        """Expect fields, buttons and links of these names on the screen."""
        there = self.screen().names
        missing = [name for name in names if name not in there]
        seen = f"no {', no '.join(missing)}" if missing else ", ".join(there)
        self.expect(not missing, f"{', '.join(names)} on the screen", seen)

    def expect_only_email_filled_in(self, name: str) -> None:
        """Expect the person's e-mail to stand on the screen already, and neither password nor code."""
        filled_in = {field: text for field, text in self.screen().filled_in.items() if text and field != "Remember me"}
        person = self.person(name)
        seen = ", ".join(f"{field} filled in" for field in filled_in) or "nothing filled in"
        self.expect(filled_in == {"E-mail": person.email}, f"{person.name}'s e-mail filled in, and nothing else", seen)

    def expect_not_kept(self) -> None:
        """Expect the page not to be cached anywhere."""
        sent = self.screen().cache_control
        self.expect("no-store" in sent.lower(), "Cache-Control: no-store", sent or "no such header")


def _spelt(what: str, text: str) -> str:
    """Return `text` as it is searched: for a secret in capitals and without gaps, however it is grouped."""
    return re.sub(r"[\s-]", "", text).upper() if what == "secret" else text
