"""What shows itself in Jupyter, and what of it is kept back."""

import base64
import re
from typing import Any

import pandas as pd
import pytest

from kmc_harness.phone.authenticator import UnreadableQrCode, read_qr_code
from kmc_model.actions import EnableTwoFactor, LogIn, OpenEnrolmentLink, RegisterUser, RequestReset
from kmc_model.analysis.configurations import SCOPES
from kmc_model.analysis.statespace import explore
from kmc_model.model import Model
from kmc_model.notebook.display import InFull, Listing
from kmc_model.notebook.history import History
from kmc_model.notebook.player import Player

ADA, PASSWORD = "ada@acme.example", "s3cure-pass!"
PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')


def _bundle(thing: Any) -> dict[str, str]:
    shown = thing._repr_mimebundle_()
    return dict(shown[0] if isinstance(shown, tuple) else shown)


@pytest.fixture
def model() -> Model:
    model = Model()
    model.perform(RegisterUser("Acme", ADA, PASSWORD))
    model.perform(LogIn(ADA, PASSWORD))
    link = model.perform(EnableTwoFactor("Acme")).mails[0].link
    model.perform(OpenEnrolmentLink(link or ""))
    model.perform(RequestReset(ADA))
    return model


def _things(model: Model) -> list[Any]:
    state = model.state
    outcomes = [each.outcome for each in model.events]
    return [model, History(model), *state.outbox, *state.links.values(), *state.sessions.values(), *outcomes]


def test_nothing_shows_a_secret_unless_asked(model: Model) -> None:
    own = model.state.credentials[ADA]
    assert own.secret
    secrets = [own.secret.base32, PASSWORD, *model.state.links, *model.state.sessions]
    for thing in _things(model):
        for text in _bundle(thing).values():
            assert not [each for each in secrets if each in text], thing


def test_a_qr_code_in_an_outcome_cannot_be_scanned_unless_asked(model: Model) -> None:
    outcome = model.events[3].outcome
    assert outcome.qr_code
    (veiled,) = PICTURE.findall(_bundle(outcome)["text/html"])
    with pytest.raises(UnreadableQrCode):
        read_qr_code(base64.b64decode(veiled))
    (whole,) = PICTURE.findall(_bundle(InFull(outcome))["text/html"])
    assert read_qr_code(base64.b64decode(whole)) == outcome.qr_code.uri
    assert read_qr_code(base64.b64decode(_bundle(outcome.qr_code)["image/png"])) == outcome.qr_code.uri


def test_in_full_shows_links_and_sessions(model: Model) -> None:
    for thing, secret in ((model.state.outbox[0], model.state.outbox[0].link), (model.events[1].outcome, None)):
        assert str(secret or model.events[1].outcome.session) in _bundle(InFull(thing))["text/html"]


def test_what_is_shown_is_a_table_or_a_picture_and_plain_text_too(model: Model) -> None:
    for thing in _things(model):
        shown = _bundle(thing)
        assert shown["text/plain"] == repr(thing)
        assert {"text/html", "image/png"} & shown.keys(), thing


def test_whatever_somebody_is_called_is_no_html() -> None:
    model = Model()
    model.perform(RegisterUser("<b>Acme", "<i>@acme.example", PASSWORD))
    session = model.perform(LogIn("<i>@acme.example", PASSWORD))
    mail = model.perform(RequestReset("<i>@acme.example")).mails[0]
    for thing in (model, session, mail, *model.state.links.values(), *model.state.sessions.values()):
        assert not re.search("<b>Acme|<i>@", _bundle(thing)["text/html"]), thing


def test_a_state_space_shows_few_of_its_states() -> None:
    space = explore(SCOPES[2])
    assert _bundle(space).keys() == {"text/plain", "image/png"}
    assert repr(space) == "Space(two people, policy article: 115 states, 1,171 transitions)"


def test_a_listing_shows_texts_whole() -> None:
    frame = pd.DataFrame({"what": ["a long text " * 20], "which": [("one", "two")]})
    html = _bundle(Listing(frame))["text/html"]
    assert "a long text " * 20 in html
    assert "one, two" in html


def test_the_player_is_worked_by_its_buttons() -> None:
    player = Player()
    assert player.moves["Ada logs out"].disabled
    player.moves["Ada logs in to Acme with no code"].click()
    player.waits["1 h"].click()
    assert player.play.history.to_frame().action[2:].tolist() == ["LogIn"]
    assert "10:00:10" in _bundle(player)["text/html"]
    assert not player.moves["Ada logs out"].disabled
    assert "application/vnd.jupyter.widget-view+json" in _bundle(player)


def test_the_player_shows_secrets_only_where_it_is_told_to() -> None:
    for secrets in (False, True):
        player = Player(secrets=secrets)
        player.tell("Ada logs in to Acme with no code")
        (handle,) = player.play.model.state.sessions
        assert (handle in _bundle(player)["text/html"]) is secrets
