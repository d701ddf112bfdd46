"""Sound servers of other habits: what nobody prescribes is otherwise than in eKuiper.

The habits are in ``twins_words``, ``twins_services`` and ``twins_wire``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kuiper_pack.server import Service
from tests.suite import twins_services as services
from tests.suite import twins_wire as wire
from tests.suite import twins_words as words

ROOT = frozenset({"http.root"})
REFUSED = frozenset({"*.unknown-404", "*.bad-name", "native.create.error-body"})
BY_FILE = ("native.download.",)
"""What does not apply where packages do not come by http."""


@dataclass(frozen=True, slots=True)
class Twin:
    """A lawful variation of the reference server.

    Exactly the SHOULD clauses in ``fails`` fail, of those that stand on each other the lowest;
    ``*`` in a name stands for anything. Clauses that start like one of ``lacks``, and those that
    need what it is ``without``, do not apply. ``says`` changes replies, ``make`` is another
    service, ``front`` another way on the wire; ``told`` are options of the run, ``options`` those
    of the server.
    """

    name: str
    says: words.Says = words.as_it_is
    make: type[Service] | None = None
    front: type[wire.Front] | None = None
    fails: frozenset[str] = frozenset()
    lacks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> type[Service]:
        """The class of its service."""
        said = {"says": staticmethod(self.says)}
        return self.make or type("Said", (words.Saying,), said)


TWINS = [
    Twin("by the letter of the documentation", strict=True),
    Twin("writes JSON with spaces, lines and another order", words.spaciously),
    Twin("writes JSON in escapes", words.in_escapes),
    Twin(
        "declares JSON as any text",
        words.as_text,
        fails=frozenset({"native.list.content-type", "portable.list.content-type"})
        | {"http.json-type"},
    ),
    Twin("describes with more members", words.with_more_members),
    Twin("describes with members of its own", words.with_members_of_its_own),
    Twin(
        "updates with a restart",
        make=services.UpdatingLater,
        fails=frozenset({"native.update.version"}),
    ),
    Twin("sends more headers", words.with_more_headers),
    Twin("shows portables as documented", make=services.PortablesAsDocumented),
    Twin("starts portables when it has answered", make=services.StartsPortablesLater),
    Twin("sorts lists", words.sorted_lists),
    Twin("names the charset", words.with_charset),
    Twin("is another product", words.another_product, strict=True, fails=ROOT),
    Twin("has nothing at the root", words.nothing_at_the_root, strict=True, fails=ROOT),
    Twin("is a release that nobody knows", words.newer, strict=True),
    Twin("has no rules", words.without("/rules", "/streams"), without=("rules", "streams")),
    Twin("has no uploads", words.without("/config/uploads"), without=("uploads",)),
    Twin("has no metadata", words.without("/metadata"), without=("metadata",)),
    Twin("knows a name in any case", make=services.InAnyCase),
    Twin(
        "refuses in other words and statuses",
        words.other_refusals,
        front=wire.Front,
        fails=REFUSED | {"http.unknown-path", "native.download.bad-request"},
    ),
    Twin(
        "refuses with problem details",
        words.problems,
        fails=frozenset({"native.create.error-body"}),
    ),
    Twin(
        "accepts with other statuses and no words",
        words.other_successes,
        fails=frozenset({"native.create.status", "native.drop.says-restart"})
        | {f"portable.{verb}.status" for verb in ("create", "update", "drop")}
        | {"native.update.version", "uploads.status"},
    ),
    Twin(
        "tells the paths of uploads in JSON, and takes packages from there only",
        words.paths_in_json,
        front=wire.Front,
        fails=frozenset({"uploads.status"}),
        lacks=("native.download.", "uploads.link.accepted"),
        options={"enable_private_net": False, "allow_external_file_access": False},
    ),
    Twin(
        "drops what is not there",
        words.unknown_is_dropped,
        fails=frozenset({"native.drop.unknown"}),
    ),
    Twin(
        "creates what it is to update",
        make=services.Upserting,
        fails=frozenset({"native.update.unknown"}),
    ),
    Twin("wants a restart between drop and create", make=services.WaitingForARestart, strict=True),
    Twin("answers in chunks", front=wire.InChunks),
    Twin("answers a byte at a time", front=wire.AByteAtATime),
    Twin("speaks HTTP/1.0", front=wire.OfTheNineties),
    Twin("ends an answer with the connection", front=wire.ComesToAnEnd),
    Twin("says first that it goes on", front=wire.SaysThatItGoesOn),
    Twin("says first what comes later", front=wire.SaysFirstWhatComesLater),
    Twin("gives no reasons", front=wire.WithoutReasons),
    Twin("gives reasons of its own", front=wire.WithReasonsOfItsOwn),
    Twin("writes headers in small letters and keeps connections", front=wire.InSmallLetters),
    Twin("compresses for those who ask", front=wire.Compressing),
    Twin("lives at an address of IPv6", front=wire.InSixteenBytes),
    Twin("lives below a path", front=wire.BelowAPath, told={"path": "/ekuiper/v1"}),
    Twin("lives below a path with a slash", front=wire.BelowAPath, told={"path": "/ekuiper/v1/"}),
    Twin(
        "wants a token everywhere",
        front=wire.WithAToken,
        fails=frozenset({"security.tokens.open"}),
        told={"token": wire.TOKEN},
    ),
    Twin(
        "wants a token where it counts",
        front=wire.WithATokenWhereItCounts,
        told={"token": wire.TOKEN},
    ),
    Twin("takes its time", front=wire.Slowly),
    Twin("sends everybody on", front=wire.Elsewhere),
    Twin(
        "takes packages from files only",
        front=wire.Front,
        lacks=("native.download.", "uploads.link.accepted"),
        options={"enable_private_net": False},
    ),
]
