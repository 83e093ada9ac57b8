"""The world of one scenario, in front of one target: what its steps talk to."""

from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field

from kmc_harness.port import AccountStatus, LinkKind, Naming, PasswordRules, Target, UserStatus
from kmc_harness.scenario.acts import Acts
from kmc_harness.scenario.checks import Checks
from kmc_harness.scenario.codes import Codes
from kmc_harness.scenario.evidence import Recorder
from kmc_harness.scenario.exchange import Exchange
from kmc_harness.scenario.givens import Givens
from kmc_harness.scenario.people import HOME, People
from kmc_harness.scenario.post import Post
from kmc_harness.verdicts import Departure, Unreached
from kmc_model.sentences import FIRST_PASSWORD

__all__ = ["HOME", "AccountStatus", "LinkKind", "UserStatus", "World"]


@dataclass
class World:
    """What holds of a scenario, what is done in it, and what is expected.

    Attributes:
        target: what is judged.
        tag: makes the names of this scenario's people and accounts new to it.
        recorder: the evidence.
        people: who and what is spoken of.
        exchange: what is asked of the target, and its time.
        post: everybody's mail.
        codes: everybody's authenticator.
        act: what a `When` says.
        given: what a `Given` says.
        expect: what a `Then` says.

    """

    target: Target
    tag: InitVar[str]
    recorder: Recorder = field(default_factory=Recorder)
    people: People = field(init=False)
    exchange: Exchange = field(init=False)
    post: Post = field(init=False)
    codes: Codes = field(init=False)
    act: Acts = field(init=False)
    given: Givens = field(init=False)
    expect: Checks = field(init=False)

    def __post_init__(self, tag: str) -> None:
        naming: Naming = getattr(self.target, "naming", Naming())
        self.recorder.leave_out(naming.mark)
        rules: PasswordRules | None = getattr(self.target, "password_rules", None)
        self.people = People(naming, tag, rules)
        self.recorder.learn(self.people.password(FIRST_PASSWORD))
        self.exchange = Exchange(self.target, self.people, self.recorder)
        self.post = Post(self.exchange)
        self.codes = Codes(self.exchange)
        self.act = Acts(self.exchange, self.post, self.codes)
        self.given = Givens(self.exchange, self.post, self.codes, self.act)
        self.expect = Checks(self.exchange, self.post, self.codes)
        self.target.reset()

    def tell_aside(self, sentences: Iterable[str]) -> None:
        """Do what `sentences` say as an interlude: the scenario remembers nothing of it, but its effects stay.

        Raises:
            Unreached: the interlude was not to be had, or something in it was not as expected: nothing was judged.

        """
        with self.people.aside(), self.exchange.aside():
            try:
                self.tell(sentences)
            except Departure as departure:
                raise Unreached(f"{departure}, in an interlude") from departure

    def tell_at_once(self, sentences: Iterable[str]) -> None:
        """Have what `sentences` say done at the moment of the next act."""
        told = tuple(sentences)
        self.exchange.beside = lambda: self.tell(told)

    def tell(self, sentences: Iterable[str]) -> None:
        """Do what other steps say, one sentence after another."""
        from kmc_harness.specification.bindings import step_of

        for sentence in sentences:
            step_of(sentence)(self)
