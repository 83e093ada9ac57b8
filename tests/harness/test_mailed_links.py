"""Which links a mail has: those that a mail client opens, each once that leads to a thing of its own."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest

from kmc_harness.hosting.mail import compile_links, read
from kmc_harness.port import LinkKind, Mail
from kmc_harness.scenario.world import World
from kmc_harness.targets.model import ModelTarget
from kmc_harness.verdicts import Departure, Unreached
from tests.harness.mails import ADA, LINKS, NOW, RESET, joined, part, urls

HREF = RESET.replace("&", "&amp;")
OTHER = RESET.replace("Zm9v-_x", "QmFy-_y")
TEXT, HTML = part("plain", f"Hello\r\n{RESET}"), part("html", f'<a href="{HREF}">x</a>')
AMP = part("x-amp-html", f'<html amp4email><a href="{HREF}">x</a></html>')


def one(*parts: str, kind: str = "alternative") -> Mail:
    (mail,) = read(joined(kind, *parts), NOW, [ADA], LINKS)
    return mail


def in_text(words: str, kind: str = "plain") -> list[str]:
    return urls(one(part(kind, words)))


def beside(text: str, href: str) -> Mail:
    return one(part("plain", text), part("html", f'<a href="{href.replace("&", "&amp;")}">x</a>'))


# One body is read


@pytest.mark.parametrize(
    "parts",
    [
        (TEXT, HTML),
        (TEXT, AMP, HTML),
        (TEXT, HTML, AMP),
        (TEXT, part("watch-html", f"<a href='{HREF}'>x</a>"), HTML),
        (TEXT, HTML, part("calendar", f"BEGIN:VCALENDAR\r\nDESCRIPTION:Open {RESET[:40]}\r\n {RESET[40:]}\r\n")),
        (TEXT, joined("related", HTML, part("css", "a{}")).decode()),
        (joined("mixed", TEXT).decode(), joined("related", HTML).decode()),
        (HTML,),
        (AMP,),
        (part("html", "<p>Open the text of this mail</p>"), TEXT),
        (TEXT, part("html", "<a href='https://click.example/c/0a1b2c3d4e'>x</a>")),
    ],
)
def test_a_mail_of_several_parts_has_one_link(parts: tuple[str, ...]) -> None:
    assert (urls(one(*parts)), one(*parts).elsewhere) == ([RESET], ())


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ((TEXT, part("calendar", f"DESCRIPTION:{OTHER}\r\n")), "mixed"),
        ((TEXT, f"Content-Disposition: attachment\r\n{part('html', OTHER)}"), "mixed"),
        ((TEXT, f"Content-Type: message/rfc822\r\n\r\n{part('plain', OTHER)}"), "mixed"),
        ((HTML, part("html", OTHER)), "related"),
    ],
)
def test_what_stands_aside_is_no_second_link(parts: tuple[str, ...], kind: str) -> None:
    assert urls(one(*parts, kind=kind)) == [RESET]


def test_two_links_in_what_a_client_shows_are_two() -> None:
    assert urls(one(part("html", f"<a href='{HREF}'>x</a> or {OTHER}"))) == [RESET, OTHER]
    assert urls(one(TEXT, part("html", f"<a href='{OTHER}'>x</a>"), kind="mixed")) == [RESET, OTHER]


# What leads to the same thing


@pytest.mark.parametrize(
    "same",
    [
        RESET.replace("kmc.example", "KMC.Example"),
        RESET.replace("https", "HTTPS"),
        RESET.replace("kmc.example", "kmc.example:443"),
        RESET.replace("kmc.example", "kmc.example."),
        RESET.replace("Zm9v", "%5am9v"),
        RESET.replace("user=7&timestamp=9", "timestamp=9&user=7"),
        RESET + "#top",
        RESET + "&utm_source=mail&utm_medium=text",
        RESET.replace("?", "?mc_eid=0a1b2c3d4e&"),
        RESET + "&gclid=0a1b2c3d4e5f6a7b8c9d",
        f"https://click.example/r?u={RESET.split('&')[0]}%26timestamp%3D9&s=0a1b2c",
        f"https://click.example/r?to={quote(RESET, safe='')}",
        f"https://click.example/L0/{quote(RESET, safe=':')}/1/0a1b2c3d4e5f-6a7b8c9d/sig=0a1b2c",
        f"https://click.example/L0/{quote(RESET, safe='')}",
    ],
)
def test_what_a_server_receives_alike_is_one_link(same: str) -> None:
    for mail in (beside(RESET, same), beside(same, RESET), one(part("plain", f"{same} {RESET}"))):
        assert (len(mail.links), mail.elsewhere) == (1, ())


def test_the_way_that_passes_no_counter_of_clicks_is_taken() -> None:
    assert urls(beside(RESET, f"https://click.example/r?u={RESET.replace('&', '%26')}")) == [RESET]
    assert in_text(f"https://click.example/r?u={RESET.replace('&', '%26')} {RESET}") == [RESET]
    alone = f"https://click.example/r?u={RESET.replace('&', '%26')}"
    assert in_text(alone) == [alone]


@pytest.mark.parametrize(
    "other",
    [
        RESET.replace("user=7", "user=8"),
        RESET.replace("kmc.example", "kmc.example:8443"),
        RESET.replace("kmc.example", "www.kmc.example"),
        RESET.replace("https", "http"),
        RESET.replace("Zm9v", "zm9v"),
        RESET.replace("?", "%3F"),
    ],
)
def test_what_a_server_receives_otherwise_is_another(other: str) -> None:
    assert len(urls(one(part("plain", f"{other} {RESET}")))) == 2
    mail = beside(other, RESET)
    assert (urls(mail), [(each.url, each.part) for each in mail.elsewhere]) == ([RESET], [(other, "text")])


def test_a_token_behind_the_number_sign_tells_links_apart() -> None:
    one_link, other = (f"https://kmc.example/app#/reset/{token}" for token in ("0a1b2c3d4e", "5f6a7b8c9d"))
    assert in_text(f"{one_link} {other}") == [one_link, other]


def test_an_address_that_goes_on_elsewhere_when_done_is_no_counter_of_clicks() -> None:
    url = "https://auth.example/reset/0a1b2c3d4e?redirect_to=https://kmc.example/login"
    other = url.replace("0a1b", "1b0a")
    assert in_text(f"{url} {other}") == [url, other]


def test_a_pattern_that_names_the_host_fits_it_in_capitals() -> None:
    links = compile_links({"reset": "^https://kmc.example/reset/"})
    (mail,) = read(b"\r\nhttps://KMC.example:443/reset/1", NOW, [ADA], links)
    assert urls(mail) == ["https://KMC.example:443/reset/1"]


# Where an address ends


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (f"Open <{RESET[:40]}\r\n{RESET[40:]}>", "plain"),
        (f"Open <URL:{RESET[:40]}\r\n  {RESET[40:]}>", "plain"),
        (f"Open:\r\n{RESET[:40]} \r\n{RESET[40:]}  \r\nto go on.", "plain; format=flowed; delsp=yes"),
        (f"Open \r\n{RESET} \r\nto go on.", "plain; format=flowed"),
        (f" Open\r\n> {RESET[:40]} \r\n> {RESET[40:]}\r\n> to", "plain; format=flowed; delsp=yes"),
        (f"[{RESET}]({RESET})", "plain"),
        (f"|{RESET}|", "plain"),
        (f"Dear Ada\r\n{RESET}\r\n-- \r\nKMC", "plain; format=flowed; delsp=yes"),
        (f"请复制{RESET}到浏览器打开", "plain"),
        (f"次のURL {RESET}をクリックしてください", "plain"),
        (f"{RESET}。", "plain"),
        (f'<base href="https://kmc.example/"><a href="{HREF.removeprefix("https://kmc.example")}">x</a>', "html"),
        (f'<base href="https://kmc.example/a/"><a href="../{HREF.removeprefix("https://kmc.example/")}">x</a>', "html"),
        (f'<base href="//x/"><template>{OTHER}</template><a href="{HREF}">x</a>', "html"),
    ],
)
def test_an_address_is_read_whole_and_nothing_else(words: str, kind: str) -> None:
    assert in_text(words, f"{kind}; charset=utf-8" if ";" not in kind else kind) == [RESET]


@pytest.mark.parametrize("token", ["7|1767690010|4eefa6", "{4eefa6-12}", "a" * 9000, "a[0]=(b)", "a,b;c"])
def test_a_token_of_unusual_signs_is_read_whole(token: str) -> None:
    assert in_text(f"Open https://kmc.example/reset/{token}.") == [f"https://kmc.example/reset/{token}"]


@pytest.mark.parametrize("blanks", [" ", "  ", "\t "])
def test_blanks_that_were_added_at_the_end_of_a_line_are_none_of_a_link(blanks: str) -> None:
    raw = (
        f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{RESET[:40]}={blanks}\r\n{RESET[40:].replace('=', '=3D')}"
    )
    (mail,) = read(raw.encode(), NOW, [ADA], LINKS)
    assert urls(mail) == [RESET]


# What is judged


class Dressed(ModelTarget):
    """Mails text beside HTML; what stands in the text is made of the link by `in_text`."""

    def __init__(self, in_text: str, in_html: str = "{url}?user=7&amp;timestamp=9") -> None:
        super().__init__()
        self._in_text, self._in_html = in_text, in_html

    def outbox(self, email: str) -> Sequence[Mail]:
        found: list[Mail] = []
        for mail in super().outbox(email):
            url = mail.links[0].url.replace("restore-password", "reset")
            page = f'<a href="{self._in_html.format(url=url)}">x</a>'
            raw = joined("alternative", part("plain", self._in_text.format(url=url, cut=url[:-3])), part("html", page))
            found += read(raw, mail.sent_at, [email], LINKS)
        return found


def world_after_enabling(target: ModelTarget) -> World:
    world = World(target, "test")
    world.given.user("Ada", "Acme")
    world.post.begin_act()
    world.act.switch_two_factor("Acme", on=True)
    return world


@pytest.mark.parametrize(
    "text", ["{url}?user=7&timestamp=9", "{url}?timestamp=9&user=7&utm_source=text", "Open this mail as HTML"]
)
def test_a_mail_whose_parts_agree_is_one_link(text: str) -> None:
    world_after_enabling(Dressed(text)).expect.mailed("Ada", 1, LinkKind.ENROLMENT)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{url}?user=7&amp;timestamp=9", "in its text part is escaped as in HTML"),
        ("{url}?user=3D7&timestamp=3D9", "in its text part is left in quoted-printable"),
        ("{url}?user=7&timestamp%3D9", "in its text part is percent-encoded once too often"),
        ("{cut}\r\n", "in its text part breaks off before its end"),
        ("https://kmc.example/auth-info/0a1b2c3d4e5f", "in its text part is another one"),
    ],
)
def test_text_that_leads_elsewhere_than_html_departs_and_says_so(text: str, why: str) -> None:
    with pytest.raises(Departure, match=why):
        world_after_enabling(Dressed(text)).expect.mailed("Ada", 1, LinkKind.ENROLMENT)


@pytest.mark.parametrize(
    "text",
    ["{url}?user=8&timestamp=9", "{url}?user=7", "{url}?from=text", "https://kmc.example/v3/auth-info/__{url}__;!!a"],
)
def test_text_that_may_lead_where_html_does_is_inconclusive(text: str) -> None:
    with pytest.raises(Unreached, match="in its text part is not the one that is used"):
        world_after_enabling(Dressed(text)).expect.mailed("Ada", 1, LinkKind.ENROLMENT)


def test_html_that_is_escaped_twice_departs_though_its_text_is_right() -> None:
    world = world_after_enabling(Dressed("{url}?user=7&timestamp=9", "{url}?user=7&amp;amp;timestamp=9"))
    with pytest.raises(Departure, match="elsewhere than the one that is shown first, which is escaped as in HTML"):
        world.expect.mailed("Ada", 1, LinkKind.ENROLMENT)


def test_addresses_with_one_token_in_one_page_may_be_one_link() -> None:
    world = world_after_enabling(Dressed("", '{url}?from=button">x</a> or {url}?from=words <a name="'))
    with pytest.raises(Unreached, match="2 addresses came with the token of one"):
        world.expect.mailed("Ada", 1, LinkKind.ENROLMENT)
