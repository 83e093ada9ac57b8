"""A user's way through the model, each step a sentence."""

import random

import pytest

from kmc_model.analysis.configurations import EVERYTHING, SCOPES, Rules
from kmc_model.clock import START
from kmc_model.notebook.player import Play
from kmc_model.policy import ARTICLE, KALTURA_SERVER, Policy


def test_a_play_is_told_in_sentences() -> None:
    play = Play(policy=KALTURA_SERVER)
    for name in ("Acme", "Globex"):
        play.tell(f"the vendor switches two-factor authentication on for {name}")
    told = play.tell("Ada opens the newest enrolment link", "Ada logs in to Acme with a code", "Ada switches to Globex")
    assert [each.accepted for each in told] == [True, True, True]
    assert play.tell("25 h pass") == ()
    assert play.model.clock.now() == START + 25 * 3600


def test_a_play_tells_what_can_be_done_instead() -> None:
    with pytest.raises(ValueError, match=r"'Ada logs out' cannot be done now; these can:\n(.*\n)*25 h pass"):
        Play().tell("Ada logs out")


def test_a_wrong_code_of_a_play_is_wrong() -> None:
    play = Play(SCOPES[0])
    play.tell("the vendor switches two-factor authentication on for Acme", "Ada opens the newest enrolment link")
    assert play.tell("Ada logs in to Acme with a wrong code")[-1].requirement == "LOG-005"
    assert play.tell("Ada logs in to Acme with a code")[-1].accepted


@pytest.mark.parametrize("policy", [ARTICLE, KALTURA_SERVER], ids=lambda policy: policy.name)
def test_with_real_codes_and_links_it_goes_as_it_does_with_symbols(policy: Policy) -> None:
    chance, play, rules = random.Random(1), Play(EVERYTHING, policy), Rules(policy)
    life = EVERYTHING.start(rules)
    moves = {each.sentence: each for each in EVERYTHING.moves}
    for _ in range(200):
        sentence = chance.choice(play.sentences())
        made = moves[sentence].make(life, rules)
        assert made is not None
        life, told = made.configuration, play.tell(sentence)
        assert not told or told[-1].accepted is made.output.accepted, sentence
