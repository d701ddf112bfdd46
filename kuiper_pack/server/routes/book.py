"""What the sections of streams and of rules share: the book, and how they refuse."""

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.names import check_id
from kuiper_pack.planner.outcome import UNDEFINED, Refused, refusal
from kuiper_pack.server.messages import Reply, outcome_reply
from kuiper_pack.server.routes.section import Section
from kuiper_pack.server.rules.book import Book
from kuiper_pack.server.rules.ways import Ways, ways


class BookSection(Section):
    """A section about streams or rules."""

    book: Book

    @property
    def ways(self) -> Ways:
        """What the release does with streams and rules."""
        return ways(self.release)

    def refused(self, message: str, code: int = UNDEFINED, prefix: str = "") -> Reply:
        """A refusal in the form of the release."""
        return outcome_reply(refusal(self.profile, Refused(Cause.BODY, message, code=code), prefix))

    def check_name(self, name: str) -> None:
        """Raise Refused for a name that the release does not allow in a path."""
        if self.profile.checks_ids:
            check_id(name)
