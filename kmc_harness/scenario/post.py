"""The mail of the scenario's people, and the links in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from kmc_harness.port import LinkKind, Mail, MailedLink, Offer
from kmc_harness.scenario.evidence import Mailed
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.scenario.people import Person
from kmc_harness.secrecy.addresses import destination
from kmc_harness.secrecy.tokens import cut_short, made_up, token_of, with_token_of, without_token
from kmc_harness.verdicts import Unreached
from kmc_model.sentences import Link, Which, chosen

__all__ = ["Post", "links_of"]

ADDRESS = re.compile(r"\w+://[^\s<>\"'\[\]]+")
SHOWN_ADDRESSES = 3


class Post:
    """Everybody's mail: what came at all, and what the latest act brought."""

    def __init__(self, exchange: Exchange) -> None:
        """Start with no mail looked at."""
        self._exchange = exchange
        self._people = exchange.people
        self._all: dict[str, list[Mail]] = {}
        self._shown: dict[str, Sequence[Mail]] = {}
        self._before: dict[str, int] = {}
        self._orders: set[bool] = set()
        self._in_no_order: set[str] = set()
        self._turned_away_first = self._turned_away_before = set(self._turned_away())

    def begin_act(self) -> None:
        """Remember how much mail everybody has, so that a Then can tell what this act brought."""
        if Offer.OUTBOX in self._exchange.offers:
            self._turned_away_before = set(self._turned_away())
            self._before = {each.name: len(self.mails(each)) for each in self._people.all}

    def turned_away(self, *, in_act: bool = True) -> str:
        """Return words on mail conversations since the act began that brought no mail; "" where there is none.

        Not `in_act`: since the scenario began.
        """
        before = self._turned_away_before if in_act else self._turned_away_first
        told = [words for number, words in self._turned_away().items() if number not in before]
        return f"the mail server turned a client away: {'; '.join(dict.fromkeys(told))}" if told else ""

    def _turned_away(self) -> Mapping[int, str]:
        found: Mapping[int, str] = getattr(self._exchange.target, "turned_away", {})
        return found

    def note_all(self) -> None:
        """Keep as evidence what mail everybody has, read or not."""
        if Offer.OUTBOX in self._exchange.offers:
            for each in self._people.all:
                self.mails(each)

    def mails(self, person: Person) -> Sequence[Mail]:
        """Return the mails `person` has been sent, oldest first.

        A mail is known by itself: an outbox may have any order, show the last few only, and drop what was read. One
        that was not there at the last look is new, also where it is like an earlier one in everything.
        """
        self._exchange.needs(Offer.OUTBOX)
        recorder = self._exchange.recorder
        found, known = self._exchange.target.outbox(person.email), self._all.setdefault(person.name, [])
        shown = self._shown.get(person.name, ())
        if found is shown:
            return known
        self._shown[person.name] = found = tuple(found)
        new = self._in_order(found, shown)
        known += new
        for mail in () if recorder.is_idle else new:
            for link in (*mail.links, *mail.elsewhere):
                recorder.learn(*_secrets(link))
            kinds = tuple(link.kind.value for link in mail.links)
            recorder.note(Mailed(at=mail.sent_at, to=person.name, subject=mail.subject, links=kinds))
        return known

    def _in_order(self, found: Sequence[Mail], shown: Sequence[Mail]) -> list[Mail]:
        """Return those of `found` that are not among `shown`, oldest first.

        Mails of one second come as the outbox has them, or the other way about where it has shown newer ones first.
        """
        left = list(shown)
        ages = [(mail.sent_at, not _taken(mail, left)) for mail in found]
        self._orders |= {one < other for one, other in pairwise(ages) if one != other}
        new = [mail for mail, (_, is_new) in zip(found, ages, strict=True) if is_new]
        if self._orders == {False}:
            new.reverse()
        new.sort(key=lambda mail: mail.sent_at)
        if len(self._orders) > 1:
            same_second = (
                mail for one, other in pairwise(new) if one.sent_at == other.sent_at for mail in (one, other)
            )
            self._in_no_order.update(link.url for mail in same_second for link in mail.links)
        return new

    def new_mails(self, person: Person) -> Sequence[Mail]:
        """Return the mails that the latest act brought to `person`."""
        return self.mails(person)[self._before.get(person.name, 0) :]

    def mails_as_typed(self, person: Person, address: str) -> list[Mail]:
        """Return the mails that went to `address`, another spelling of the e-mail of `person`.

        Many mailboxes do not tell capitals, and some adapters name whoever they were asked for as the recipient: a mail
        that is handed out for the e-mail itself too went where it says there.
        """
        own = self.mails(person)
        known = {link.url for mail in own for link in mail.links}
        other = self._exchange.target.outbox(address)
        apart = [mail for mail in other if known.isdisjoint(link.url for link in mail.links)]
        self._exchange.recorder.learn(*(secret for mail in apart for link in mail.links for secret in _secrets(link)))
        return [mail for mail in (*own, *apart) if mail.recipient == address != person.email]

    def links(self, person: Person, kind: LinkKind) -> list[str]:
        """Return the links of `kind` in the mails of `person`, oldest first."""
        return links_of(self.mails(person), kind)

    def new_links(self, person: Person, kind: LinkKind) -> list[str]:
        """Return the links of `kind` that the latest act mailed to `person`."""
        return links_of(self.new_mails(person), kind)

    def fewest_new_links(self, person: Person, kind: LinkKind) -> int:
        """Return how many `new_links` are certain to be different: those of one mail with one token may be one."""
        return sum(len(set(map(token_of, _of_kind(mail, kind)))) for mail in self.new_mails(person))

    def new_links_at(self, person: Person, kind: LinkKind) -> list[int]:
        """Return when the target sent each of the `new_links`."""
        mails = self.new_mails(person)
        return [mail.sent_at for mail in mails for _ in _of_kind(mail, kind)]

    def has_come(self, person: Person, kind: LinkKind) -> bool:
        """Whether a link of `kind` has come since their mails were read last."""
        read = len(self._all.get(person.name, ()))
        return any(link.kind is kind for mail in self.mails(person)[read:] for link in mail.links)

    def link(self, person: Person, said: Link) -> str:
        """Return the link that is meant, as it stands in a mail.

        As one of the other kind it stands at the address of one, where there is one.

        Raises:
            Unreached: there is no such link.

        """
        kind = LinkKind(said.kind)
        mailed = self.links(person, kind)
        different = list(dict.fromkeys(mailed))
        if said.which is Which.FIRST and len(different) == 1 < len(mailed):
            raise Unreached(f"{person.name} was to have two {kind} links, but was mailed the same one again")
        used = person.opened_link if kind is LinkKind.ENROLMENT else person.reset_link
        url = chosen(said.which, different, used)
        if url is None:
            lacks = {Which.SAME: f"a used {kind} link", Which.EARLIER: f"two mailed {kind} links"}
            lacking = f"{person.name} was to have {lacks.get(said.which, f'a mailed {kind} link')}, but has none"
            raise Unreached(", ".join(filter(None, (lacking, self.turned_away(in_act=False)))))
        if url in self._in_no_order and len(different) > 1:
            raise Unreached(
                f"the {said.which} {kind} link was to be used, but the outbox has mails of one second in no order"
            )
        if said.which is Which.NULL:
            return url.replace(token_of(url), "null")
        if said.which is Which.MADE_UP:
            return made_up(url)
        if said.which is Which.HALF:
            return cut_short(url)
        others = self.links(person, LinkKind(said.used_as)) if said.used_as else []
        return with_token_of(others[-1], url) if others else url

    def what_came(self, person: Person) -> str:
        """Return words on what mail somebody has who was to have a link of some kind."""
        mails = self.mails(person)
        kinds = sorted({link.kind for mail in mails for link in mail.links})
        told = f", with links told to be for {' and '.join(kinds)}" if kinds else ""
        came = f"no mail with such a link came, but {len(mails)} mail{'s' * (len(mails) != 1)} in all{told}"
        settle = "" if mails else getattr(self._exchange.target, "settle", "")
        later = f"within {settle} of the act: what comes later takes a longer settle under [mail]" if settle else ""
        return ", ".join(filter(None, (came, later, self.unknown_addresses(mails), self.turned_away(in_act=False))))

    def unknown_addresses(self, mails: Iterable[Mail]) -> str:
        """Return words on the addresses in `mails` that were told to be no link of any kind; "" where there is none.

        Those that a target declares to be none (`no_links`) are none.
        """
        declared: Iterable[re.Pattern[str]] = getattr(self._exchange.target, "no_links", ())
        found = (address for mail in mails if not mail.links for address in ADDRESS.findall(mail.text))
        unknown = (each for each in found if not any(pattern.search(each) for pattern in declared))
        if not (shown := list(dict.fromkeys(map(without_token, unknown)))):
            return ""
        return (
            f"some hold addresses that no pattern in `links` of [mail] fits, nor in `no_links`: "
            f"{', '.join(shown[:SHOWN_ADDRESSES])}"
        )


def _secrets(link: MailedLink) -> tuple[str, str]:
    return link.url, token_of(link.url)


def _taken(mail: Mail, left: list[Mail]) -> bool:
    """Take `mail` out of `left`; return whether it was there, be it with another time: not every outbox keeps that."""
    alike = [each for each in left if (each.subject, each.text, each.links) == (mail.subject, mail.text, mail.links)]
    if alike:
        left.remove(mail if mail in alike else alike[0])
    return bool(alike)


def links_of(mails: Iterable[Mail], kind: LinkKind) -> list[str]:
    """Return the links of `kind`, each once for a mail: it may stand there as a button and in words."""
    return [url for mail in mails for url in _of_kind(mail, kind)]


def _of_kind(mail: Mail, kind: LinkKind) -> Iterable[str]:
    urls = [each.url for each in mail.links if each.kind is kind]
    if len(urls) < 2:
        return urls
    different: dict[str, str] = {}
    for url in urls:
        different.setdefault(destination(url), url)
    return different.values()
