"""Looking closely at pictures, links and secrets."""

import base64
import hashlib
import io
import secrets
import string
import uuid
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageOps

from kmc_harness.phone.authenticator import Authenticator, UnreadableQrCode, read_qr_code
from kmc_harness.phone.pictures import quiet_zone_modules
from kmc_harness.secrecy import tokens
from kmc_model.qr import QrCode, key_uri

URI = key_uri("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ada lovelace@kmc.example", names_issuer=True)
DARK = 60


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://shop.example/restore-password/Zm9vYmFyYmF6", "https://shop.example/restore-password/Zm…"),
        ("http://127.0.0.1:8000/accounts/reset/key/3-d4f/", "http://127.0.0.1:8000/accounts/reset/key/…/"),
        ("https://ada:pw@shop.example/r?token=s3cret&u=1#s3cret", "https://shop.example/r"),
        ("shop://reset/qwertyuiopasdf", "shop://reset/qw…"),
    ],
)
def test_an_address_is_shown_without_its_token(url: str, shown: str) -> None:
    assert tokens.without_token(url) == shown


@pytest.mark.parametrize("modules", [0, 1, 3, 4, 6])
def test_the_quiet_zone_is_measured_and_the_picture_read_whatever_it_is(modules: int) -> None:
    picture = QrCode(URI, modules).png()
    assert quiet_zone_modules(picture) == modules
    assert read_qr_code(picture) == URI


def _framed(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(ImageOps.expand(picture, border=3, fill=0), border=4, fill=255)


def _captioned(picture: Image.Image) -> Image.Image:
    higher = ImageOps.expand(picture, border=(0, 30, 0, 0), fill=255)
    ImageDraw.Draw(higher).text((4, 8), "Scan this with your app", fill=0)
    return higher


def _orange(picture: Image.Image) -> Image.Image:
    return ImageOps.colorize(picture, (225, 110, 20), "white")


def _on_grey(picture: Image.Image) -> Image.Image:
    return ImageOps.expand(picture, border=40, fill=DARK)


def _twice_as_large(picture: Image.Image) -> Image.Image:
    return picture.resize((picture.width * 7 // 3, picture.height * 7 // 3))


@pytest.mark.parametrize("modules", [1, 3, 4])
@pytest.mark.parametrize("drawn", [_framed, _captioned, _orange, ImageOps.invert, _on_grey, _twice_as_large])
def test_the_quiet_zone_ends_at_whatever_is_no_background(
    drawn: Callable[[Image.Image], Image.Image], modules: int
) -> None:
    out = io.BytesIO()
    drawn(Image.open(io.BytesIO(QrCode(URI, modules).png()))).save(out, "PNG")
    assert read_qr_code(out.getvalue()) == URI
    assert quiet_zone_modules(out.getvalue()) == pytest.approx(modules, abs=0.3)


@pytest.mark.parametrize("page", [DARK, 200, 255])
@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize(("ours", "stores"), [(4, 2), (2, 4), (4, 0), (3, 4), (1, 6)])
def test_of_two_symbols_the_one_that_pairs_is_measured(ours: int, stores: int, ours_first: bool, page: int) -> None:
    store = "https://play.example/store/apps/details?id=com.example.authenticator"
    drawn = [Image.open(io.BytesIO(QrCode(*each).png())) for each in ((URI, ours), (store, stores))]
    left, right = drawn if ours_first else reversed(drawn)
    picture = Image.new("L", (left.width + right.width + 120, max(left.height, right.height) + 80), page)
    picture.paste(left, (40, 40))
    picture.paste(right, (80 + left.width, 40))
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert read_qr_code(out.getvalue()) == URI
    found = quiet_zone_modules(out.getvalue())
    assert found == ours if page == DARK else found > ours


@pytest.mark.parametrize("modules", [0, 1, 3, 4])
@pytest.mark.parametrize("degrees", [-90, -45, -10, -3, 1, 7, 30, 90, 170, 180, 270])
@pytest.mark.parametrize("light", [False, True])
def test_a_symbol_has_its_quiet_zone_at_any_angle(light: bool, degrees: int, modules: int) -> None:
    small = Image.open(io.BytesIO(QrCode(URI, modules).png())).convert("L")
    picture = small.resize((small.width * 2, small.height * 2), Image.Resampling.NEAREST)
    turned = picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=0)
    if light:
        turned = ImageOps.invert(turned)
    out = io.BytesIO()
    turned.save(out, "PNG")
    if modules:
        assert read_qr_code(out.getvalue()) == URI
    assert quiet_zone_modules(out.getvalue()) == pytest.approx(modules, abs=0.3)


def test_a_symbol_with_rounded_corners_has_its_own_quiet_zone() -> None:
    small, px = Image.open(io.BytesIO(QrCode(URI, 2).png())), 12
    picture = small.resize((4 * small.width, 4 * small.height), Image.Resampling.NEAREST)
    drawing = ImageDraw.Draw(picture)
    first, last = 2 * px, picture.width - 2 * px - 7 * px
    for x, y in ((first, first), (last, first), (first, last)):
        drawing.rectangle((x, y, x + 7 * px - 1, y + 7 * px - 1), fill=255)
        drawing.rounded_rectangle((x, y, x + 7 * px - 1, y + 7 * px - 1), radius=2 * px, fill=0)
        drawing.rectangle((x + px, y + px, x + 6 * px - 1, y + 6 * px - 1), fill=255)
        drawing.rectangle((x + 2 * px, y + 2 * px, x + 5 * px - 1, y + 5 * px - 1), fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert quiet_zone_modules(out.getvalue()) == pytest.approx(2, abs=0.1)


def test_a_picture_without_qr_code_is_no_pairing() -> None:
    blank = io.BytesIO()
    Image.new("L", (50, 50), 255).save(blank, "PNG")
    for picture, words in ((blank.getvalue(), "0 QR codes"), (b"no picture", "no picture")):
        with pytest.raises(UnreadableQrCode, match=words):
            Authenticator.scan(picture)


@pytest.mark.parametrize(
    "content",
    ["https://kmc.example", "otpauth://hotp/x?secret=GEZDGNBV", "otpauth://totp/x", "otpauth://totp/x?secret=1!"],
)
def test_a_qr_code_that_no_app_takes_is_no_pairing(content: str) -> None:
    with pytest.raises(UnreadableQrCode, match="QR code"):
        Authenticator.scan(QrCode(content, 4).png())


@pytest.mark.parametrize(
    ("mailed", "made_up"),
    [
        ("https://a.example/reset/Ab1cD2eF3g", "https://a.example/reset/Fg3eD2cA1b"),
        ("https://a.example/r?t=3f2c9a10-77b4-4e21", "https://a.example/r?t=1e2b4a47-70c1-9f23"),
        ("https://a.example/r?t=9aZ%2B4xQ%3D1w", "https://a.example/r?t=1wQ%2B4xZ%3D9a"),
        ("https://a.example/r/1221", "https://a.example/r/2332"),
    ],
)
def test_a_made_up_link_is_another_of_the_same_shape_on_the_same_host(mailed: str, made_up: str) -> None:
    assert tokens.made_up(mailed) == made_up


@pytest.mark.parametrize(
    ("mailed", "half"),
    [
        ("https://a.example/reset/Ab1cD2eF3g", "https://a.example/reset/Ab1cD"),
        ("https://a.example/r?t=3f2c9a10-77b4-4e21&kind=1", "https://a.example/r?t=3f2c9a10-&kind=1"),
        ("https://a.example/r?t=9aZ4%2B4xQw", "https://a.example/r?t=9aZ4"),
    ],
)
def test_half_of_a_link_has_half_of_its_token(mailed: str, half: str) -> None:
    assert tokens.cut_short(mailed) == half


def test_the_label_is_read_as_an_app_shows_it() -> None:
    entry = Authenticator.scan(QrCode(URI, 4).png())
    assert entry.named_issuer_and_account == ("Kaltura KMC", "ada lovelace@kmc.example")
    assert entry.issuer == "Kaltura KMC"
    bare = Authenticator.scan(QrCode(key_uri("GEZDGNBVGY3TQOJQ", "ada@kmc.example", names_issuer=False), 4).png())
    assert (bare.named_issuer_and_account[0], bare.issuer) == ("", None)
    form = Authenticator.scan(None, "otpauth://totp/A%20B:ada?secret=GEZDGNBVGY3TQOJQ&issuer=A+B")
    assert (form.named_issuer_and_account[0], form.issuer) == ("A B", "A+B")


@pytest.mark.parametrize(
    ("uri", "flaw"),
    [
        ("A%20B:ada@kmc.example?secret=GEZDGNBVGY3TQOJQ&issuer=A%20B", ""),
        ("A%3A%20ada?secret=gezdgnbvgy3tqojq&issuer=A", ""),
        ("ada+x@kmc.example?secret=GEZDGNBVGY3TQOJQ", ""),
        ("M%C3%BCller:ada?secret=GEZDGNBVGY3TQOJQ&issuer=M%C3%BCller", ""),
        ("A%3A80:ada?secret=GEZDGNBVGY3TQOJQ&issuer=A%3A80", "a colon in the issuer parameter (A:80)"),
        ("A:ada:80?secret=GEZDGNBVGY3TQOJQ&issuer=A", "a colon in the account (ada:80)"),
        ("A:ada?secret=GEZDGNBVGY3TQOJQ&issuer=https%3A%2F%2Fa", "a colon in the issuer parameter (https://a)"),
        ("A%2520B:ada?secret=GEZDGNBVGY3TQOJQ&issuer=A", "an encoding within the encoding in the label's issuer"),
        ("M%FCller:ada?secret=GEZDGNBVGY3TQOJQ&issuer=A", "bytes that are no UTF-8 in the label's issuer"),
        ("A:ada%0A?secret=GEZDGNBVGY3TQOJQ&issuer=A", "a control character in the account"),
        ("A+B:ada?secret=GEZDGNBVGY3TQOJQ&issuer=A+B", "a + in the label's issuer"),
        ("A B:ada?secret=GEZDGNBVGY3TQOJQ&issuer=A%20B", "not percent-encoded"),
        ("A:ada?secret=GEZDGNBVGY3TQOJQ%3D&issuer=A", "padding or other signs than base32's in the secret"),
        ("A:ada?secret=GEZDGNBVGY3TQOJQ====&issuer=A", "padding or other signs than base32's in the secret"),
    ],
)
def test_what_apps_would_refuse_or_show_otherwise_is_found_in_the_uri(uri: str, flaw: str) -> None:
    found = Authenticator.scan(None, f"otpauth://totp/{uri}").ill_formed
    assert flaw in found if flaw else not found


def test_random_tokens_have_their_bits_and_tell_nothing() -> None:
    for make, at_least, at_most in ((secrets.token_urlsafe, 128, 200), (secrets.token_hex, 120, 130)):
        made = [make(24 if at_most == 200 else 16) for _ in range(30)]
        assert at_least <= tokens.random_bits(made) <= at_most
        assert {tokens.told_by(token, ("ada@kmc.example",)) for token in made} == {None}


def test_letters_and_digits_of_one_case_have_less_bits_than_of_both() -> None:
    one_case = f"{string.digits}{string.ascii_lowercase}"
    made = ["".join(secrets.choice(one_case) for _ in range(22)) for _ in range(30)]
    assert 100 <= tokens.random_bits(made) < 128


def test_counting_tokens_have_few_bits() -> None:
    assert tokens.random_bits([f"session-{number:08}" for number in range(10, 40)]) < 10


AT, EMAIL = 1_767_690_010, "ada.0-1f@kmc.example"
SITE = "https://shop.example/reset"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (hashlib.md5(EMAIL.encode()).hexdigest(), "the md5 of the e-mail"),
        (hashlib.sha1(EMAIL.encode()).hexdigest()[:20], "the sha1 of the e-mail"),
        (hashlib.sha256(f"{EMAIL}{AT - 2}".encode()).hexdigest(), "the sha256 of the e-mail and the time"),
        (hashlib.md5(str(AT + 1).encode()).hexdigest().upper(), "the md5 of the time"),
        (hashlib.sha1(b"4711").hexdigest(), "the sha1 of a number that is counted up"),
        (base64.urlsafe_b64encode(hashlib.sha512(EMAIL.encode()).digest()).decode(), "the sha512 of the e-mail"),
        (f"{hashlib.md5(b'17').hexdigest()}-{AT}", "the md5 of a number that is counted up"),
        (
            hashlib.sha1(f"reset:{EMAIL}:{AT}".encode()).hexdigest(),
            "the sha1 of the e-mail, the time and what the link is for",
        ),
        (
            hashlib.sha256(f"{EMAIL}|shop.example".encode()).hexdigest(),
            "the sha256 of the e-mail and what the link is for",
        ),
    ],
)
def test_a_token_that_is_a_hash_of_what_anybody_knows_is_found_out(token: str, words: str) -> None:
    assert tokens.made_from(f"{SITE}/{token}", EMAIL, AT, tokens.purposes_of(SITE)) == words
    assert tokens.made_from(f"{SITE}?k={token}", "bo@kmc.example", AT + 3600) in (None, words)


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
def test_a_random_token_is_no_hash_of_anything_also_beside_one(make: Callable[[int], str]) -> None:
    of_email = hashlib.md5(EMAIL.encode()).hexdigest()
    for token in (make(24), f"{of_email}.{make(24)}", f"{of_email}/{make(24)}"):
        assert tokens.made_from(f"{SITE}/{token}", EMAIL, AT, tokens.purposes_of(SITE)) is None


KEY = "aX3" * 14


@pytest.mark.parametrize(
    "urls",
    [
        [f"{SITE}/{KEY}/{number}" for number in range(10, 40)],
        [f"{SITE}?u={number}&key={KEY}" for number in range(10, 40)],
        [f"{SITE}?k={KEY}&t={AT + 7 * number}000" for number in range(30)],
        [f"{SITE}/{hashlib.md5(str(number).encode()).hexdigest()[:4]}" for number in range(30)],
        [f"{SITE}/{uuid.UUID(int=(AT * 10**7 + number * 1_200_000_123) << 64 | 0x8A1B << 48)}" for number in range(30)],
    ],
)
def test_a_link_that_varies_in_a_number_or_a_time_alone_can_be_guessed(urls: list[str]) -> None:
    assert tokens.random_bits_of_links(urls) < 128


def test_a_number_beside_an_unguessable_token_does_no_harm() -> None:
    numbered = [f"{SITE}?u={number}&key={secrets.token_hex(24)}" for number in range(10, 40)]
    selected = [f"{SITE}/{secrets.token_hex(8)}/{secrets.token_hex(16)}" for _ in range(30)]
    odd = [f"{SITE}/{'x/' * (number % 2)}{secrets.token_hex(24)}" for number in range(30)]
    assert min(map(tokens.random_bits_of_links, (numbered, selected, odd))) >= 128


def test_an_email_is_found_in_any_piece_of_a_link_also_encoded() -> None:
    coded, token = base64.urlsafe_b64encode(EMAIL.encode()).decode(), secrets.token_urlsafe(32)
    assert tokens.tells_email(f"{SITE}?u={EMAIL.replace('@', '%40')}&k={token}", EMAIL)
    assert tokens.tells_email(f"{SITE}/{coded}/{token}", EMAIL)
    assert not tokens.tells_email(f"{SITE}/17/{token}", EMAIL)


@pytest.mark.parametrize("hidden", ["17|1767690010|" + "a1" * 20, "ada@kmc.example " + "b2" * 20])
def test_a_token_that_reads_as_text_tells_of_its_user(hidden: str) -> None:
    token = base64.urlsafe_b64encode(hidden.encode()).decode()
    assert tokens.told_by(token, ("ada@kmc.example", "ada"))
    assert tokens.told_by(f"ada-{token}", ("ada",)) == "the user's e-mail or name"


def test_bits_alike_in_all_secrets_are_counted() -> None:
    assert tokens.constant_bytes([b"\x00\xff", b"\x00\x0f"]) == 1
    assert tokens.constant_bytes([secrets.token_bytes(20) for _ in range(50)]) == 0
    assert tokens.constant_bytes([secrets.token_urlsafe(20).encode() for _ in range(50)]) == 0


def test_the_token_is_found_behind_a_long_host_name() -> None:
    token = secrets.token_urlsafe(16)
    assert tokens.token_of(f"https://management-console.kaltura-customer.example/x/{token}") == token


def test_a_signed_token_tells_what_stands_in_its_parts() -> None:
    part = base64.urlsafe_b64encode(b'{"email":"ada@kmc.example"}').decode().rstrip("=")
    assert tokens.told_by(f"{part}.{part}.{secrets.token_urlsafe(32)}", ("ada@kmc.example",))


def test_a_transparent_picture_is_read_as_a_person_sees_it() -> None:
    dark = Image.open(io.BytesIO(QrCode(URI, 4).png())).convert("L").point(lambda level: 255 - level)
    transparent = Image.new("RGBA", dark.size, (0, 0, 0, 0))
    transparent.paste((0, 0, 0, 255), mask=dark)
    out = io.BytesIO()
    transparent.save(out, "PNG")
    assert read_qr_code(out.getvalue()) == URI
    assert quiet_zone_modules(out.getvalue()) == 4


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://kmc.example/index.php/kmcng/actions/restore-password/aB3d_9", "aB3d_9"),
        ("https://kmc.example/app/v2/reset/abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"),
        ("https://kmc.example/restore-password?code=4711&next=start", "4711"),
        (
            "https://kmc.example/#/reset/MzgyfDE3NjkyNjAwMDB8NGFlZmE2OTM1MTgwYWM=",
            "MzgyfDE3NjkyNjAwMDB8NGFlZmE2OTM1MTgwYWM=",
        ),
        ("https://kmc.example/enrol?k=Zt0d-9xYw_3LqPa7&campaign=two-factor-authentication-mail", "Zt0d-9xYw_3LqPa7"),
    ],
)
def test_a_token_is_told_from_the_words_of_its_path(url: str, token: str) -> None:
    assert tokens.token_of(url) == token
