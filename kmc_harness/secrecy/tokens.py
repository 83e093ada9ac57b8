"""What can be told of links and of secrets by looking at them closely."""

import base64
import binascii
import hashlib
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations, product
from math import log2
from urllib.parse import unquote, urlsplit

from kmc_harness.port import LinkKind, shorten

__all__ = [
    "constant_bytes",
    "cut_short",
    "made_from",
    "made_up",
    "purposes_of",
    "random_bits",
    "random_bits_of_links",
    "tells_email",
    "token_of",
    "tokens_in",
    "told_by",
    "with_token_of",
    "without_token",
]

ALPHABETS = (
    string.digits,
    f"{string.digits}abcdef",
    f"{string.digits}ABCDEF",
    f"{string.ascii_uppercase}234567",
    f"{string.digits}{string.ascii_lowercase}",
    f"{string.digits}{string.ascii_uppercase}",
    f"{string.digits}{string.ascii_letters}",
)
RANDOM_PIECE_CHARS = 16
LONGEST_WORDS = 20
SHORTEST_TOKEN = 8
FEWEST_BITS = 32
"""A piece of a link with fewer is a number or a date beside the token; it adds nothing to what has to be guessed."""
HASHES = (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.sha512)
COUNTED = 10_000
MAILED_WITHIN_S = 5
"""How far a time from which a token was made may be from that of its mail."""
BETWEEN = ("", ":", "-", "|", ".", "_")
SHORTEST_DIGEST = 8
_PLAIN = re.compile(r"[a-z]{0,9}([._-][a-z]{0,9})*")
WORD_WEIGHT = 0.1
"""A piece of lower-case letters is taken for words, such as `restore-password`, unless it is as long as a token."""


def token_of(url: str) -> str:
    """Return the unguessable part of a mailed link: its longest piece, words of a path set aside."""
    return max(_pieces(url), key=lambda piece: len(piece) * (WORD_WEIGHT if _reads_as_words(piece) else 1))


def tokens_in(url: str) -> set[str]:
    """Return the pieces of a mailed link that may be tokens: long ones that are neither words nor an e-mail."""
    pieces = map(unquote, _pieces(url))
    return {each for each in pieces if len(each) >= SHORTEST_TOKEN and "@" not in each and not _reads_as_words(each)}


def _pieces(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        address = f"{parts.path}?{parts.query}#{parts.fragment}"
    except ValueError:  # brackets that are no address of a host, in whatever a target mails or logs
        address = url
    return re.split(r"[/?&#]|(?<=\w)=(?=\w)", address)


def made_up(url: str) -> str:
    """Return an address as `url` is one, on the same host, with a token that nobody was mailed.

    It has the shape of the one that was: digits stand where digits do, capitals where capitals, and so on, in the
    other order; a token that is the same backwards has other digits.
    """
    token = token_of(url)
    kinds = [re.findall(kind, re.sub("%..", "", token)) for kind in ("[0-9]", "[a-z]", "[A-Z]")]
    left = {sign: signs for signs in kinds for sign in signs}
    turned = re.sub("%..|[0-9A-Za-z]", lambda at: at[0] if at[0][0] == "%" else left[at[0]].pop(), token)
    if turned == token:
        turned = re.sub("[0-9]", lambda at: str((int(at[0]) + 1) % 10), token)
    return url.replace(token, turned)


def cut_short(url: str) -> str:
    """Return `url` without the second half of its token: no decoder takes that much for padding."""
    token = token_of(url)
    return url.replace(token, re.sub("%.?$", "", token[: len(token) // 2]))


def with_token_of(address: str, url: str) -> str:
    """Return the mailed address `address` with the token of `url` in place of its own."""
    return address.replace(token_of(address), token_of(url))


def without_token(url: str) -> str:
    """Return scheme, host and path of a mailed address; what in the path is no short words is shortened."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    pieces = parts.path.split("/")
    path = "/".join(each if _PLAIN.fullmatch(each) and _reads_as_words(each) else shorten(each) for each in pieces)
    return f"{parts.scheme}://{host}{path}"


def _reads_as_words(piece: str) -> bool:
    words = re.split("[._-]", piece)
    return all(len(word) < LONGEST_WORDS and re.fullmatch("[a-z]*", word) for word in words)


def random_bits(tokens: Sequence[str]) -> float:
    """Estimate how many bits of `tokens` (several, of one kind) an attacker has to guess.

    Counts the places at which they differ, at the size of the smallest alphabet that spells them; base64 that
    reads as text is decoded first. An estimate from above: it finds short and counting tokens, not weak generators.
    """
    texts = [_decoded(token) or token for token in tokens]
    width = min(map(len, texts))
    varying = [at for at in range(width) if len({text[at] for text in texts}) > 1]
    used = {text[at] for text in texts for at in varying}
    size = min((len(each) for each in ALPHABETS if used <= set(each)), default=64)
    return len(varying) * log2(size)


def random_bits_of_links(urls: Sequence[str]) -> float:
    """Estimate how many bits of mailed links (several, of one kind) have to be guessed: `random_bits` of each piece.

    A long piece that is alike in all of them adds nothing, wherever the token stands.
    """
    pieces = [[unquote(piece) for piece in _pieces(url)] for url in urls]
    if len(set(map(len, pieces))) > 1:
        return random_bits([token_of(url) for url in urls])
    bits = [random_bits(column) for column in zip(*pieces, strict=True)]
    return sum(each for each in bits if each >= FEWEST_BITS)


def made_from(url: str, email: str, sent_at: int, purposes: Iterable[str] = ()) -> str | None:
    """Return what anybody knows of which the tokens of a mailed link are hashes, or None where one is none of these.

    Known are the e-mail, the time of the mail in seconds, words for what the link is for (`purposes`, some hundredths
    of a second), and numbers that are counted up. A hash may be cut short, in hexadecimal or base64, and stand beside
    others.
    """
    of_mail = _hashes_of(_known_of_mail(email, sent_at, purposes))
    found = [_source_of(part, of_mail) for token in tokens_in(url) for part in _parts(token)]
    return next(filter(None, found), None) if all(found) else None


def _parts(token: str) -> list[str]:
    parts = [each for each in re.split(r"[.~:|-]", token) if len(each) >= SHORTEST_TOKEN and not each.isdecimal()]
    return parts or [token]


def _source_of(part: str, of_mail: Mapping[bytes, tuple[bytes, str]]) -> str | None:
    for raw in _digests(part):
        for known in (of_mail, _hashes_of_numbers()):
            digest, words = known.get(raw[:SHORTEST_DIGEST], (b"", ""))
            if words and digest.startswith(raw):
                return words
    return None


def _digests(part: str) -> Iterator[bytes]:
    for decode in (bytes.fromhex, lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))):
        try:
            raw = decode(part)
        except ValueError:
            continue
        if len(raw) >= SHORTEST_DIGEST:
            yield raw


def purposes_of(url: str) -> Iterator[str]:
    """Yield words for what a link is for, as its address or this suite says it, and the host it leads to."""
    yield from map(str, LinkKind)
    yield from (piece for piece in _pieces(url) if piece and _reads_as_words(piece))
    yield urlsplit(url).hostname or ""


def _known_of_mail(email: str, sent_at: int, purposes: Iterable[str]) -> Iterator[tuple[str, str]]:
    emails = dict.fromkeys((email, email.lower(), email.partition("@")[0]))
    times = [str(sent_at + off_s) for off_s in range(-MAILED_WITHIN_S, MAILED_WITHIN_S + 1)]
    yield from ((each, "the e-mail") for each in emails)
    yield from ((each, "the time") for each in times)
    for one, time, between in product(emails, times, BETWEEN):
        yield f"{one}{between}{time}", "the e-mail and the time"
        yield f"{time}{between}{one}", "the time and the e-mail"
    for purpose, one, between in product(filter(None, dict.fromkeys(purposes)), emails, BETWEEN):
        yield from _in_any_order((one, purpose), between, "the e-mail and what the link is for")
        for time in times:
            yield from _in_any_order((one, time, purpose), between, "the e-mail, the time and what the link is for")


def _in_any_order(parts: Sequence[str], between: str, words: str) -> Iterator[tuple[str, str]]:
    return ((between.join(each), words) for each in permutations(parts))


@cache
def _hashes_of_numbers() -> dict[bytes, tuple[bytes, str]]:
    return _hashes_of((str(number), "a number that is counted up") for number in range(COUNTED))


def _hashes_of(known: Iterable[tuple[str, str]]) -> dict[bytes, tuple[bytes, str]]:
    """Return the hashes of `known` things and what each is of, by their first bytes."""
    hashes = ((make(text.encode(), usedforsecurity=False), words) for text, words in known for make in HASHES)
    return {(raw := each.digest())[:SHORTEST_DIGEST]: (raw, f"the {each.name} of {words}") for each, words in hashes}


def tells_email(url: str, email: str) -> bool:
    """Whether any piece of a mailed link is, or holds, an e-mail, plain or encoded."""
    texts = [unquote(url), *(_decoded(unquote(piece)) or "" for piece in _pieces(url))]
    return any(email.lower() in text.lower() for text in texts)


def told_by(token: str, personal: Iterable[str]) -> str | None:
    """Return what `token` tells about its user, plain or base64-decoded, or None where it tells nothing."""
    decoded = _decoded(token)
    for text in filter(None, (token, decoded, *map(_decoded, token.split(".")))):
        for name in personal:
            if name.lower() in text.lower():
                return "the user's e-mail or name"
    if decoded:
        pieces = [piece for piece in re.split(r"[^0-9A-Za-z]+", decoded) if piece]
        if any(len(piece) < RANDOM_PIECE_CHARS for piece in pieces):
            return f"{len(pieces)} readable fields when base64-decoded"
    return None


def _decoded(token: str) -> str | None:
    """Return the text that `token` hides in base64, or None: random bytes do not read as text."""
    plain = token.replace(".", "=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    text = raw.decode("latin-1")
    return text if len(text) > 7 and text.isascii() and text.isprintable() else None


def constant_bytes(secrets: Sequence[bytes]) -> int:
    """Return at how many places all of `secrets` (raw) have the same byte.

    Bits are no measure: secrets that are random text, as some products make them, have the top bit of each byte alike.
    """
    return sum(len(set(place)) == 1 for place in zip(*secrets, strict=False))
