"""What a package is judged for: releases, image, processor, and the create request."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kuiper_pack.package.package import Package
from kuiper_pack.planner import Prediction, Removal, Request, predict, predict_removal
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.relevance import Concern, concern_of, relevant
from kuiper_pack.profiles import Profile, Release, behaviour, default_releases
from kuiper_pack.rules.shape import shape

_MOST_SHAPES = 10_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which releases refuse a package: the same cause, about the same thing.

    ``prediction`` is that of the newest of ``releases``; older ones may say it in other words. It
    need not be the first refusal that a package meets there.
    """

    cause: Cause
    prediction: Prediction
    releases: tuple[Release, ...]

    @property
    def words(self) -> str:
        """The message of the server, without the JSON that some releases put around it."""
        return words_of(self.prediction)


def words_of(prediction: Prediction) -> str:
    """What the server answers, without the JSON that some releases put around it."""
    return prediction.message or prediction.text.rstrip("\n")


class Target:
    """Releases to judge for, and where they run.

    ``releases`` defaults to every stable release of the current major version; ``named`` says
    whether somebody chose them. ``image`` and ``arch`` are None where they are not known.
    ``request`` is the create request the package will be sent with; None stands for one with
    nothing but a name and a file.
    """

    def __init__(
        self,
        releases: Iterable[Release] | None = None,
        *,
        image: str | None = None,
        arch: str | None = None,
        request: Request | None = None,
    ) -> None:
        chosen = default_releases() if releases is None else releases
        self.releases: tuple[Release, ...] = tuple(sorted(set(chosen)))
        self.named = releases is not None
        self.image = image
        self.arch = arch
        self.request = request
        self._groups: dict[Concern, tuple[tuple[Release, ...], ...]] = {}
        self._spans: dict[tuple[str | None, str | None], tuple[Release, ...]] = {}
        self._welcome: set[Hashable] = set()
        self._package: Package | None = None
        self._predictions: tuple[Prediction, ...] | None = None
        self._refusals: tuple[Refusal, ...] = ()
        self._skipped: dict[str, list[tuple[Release, ...]]] | None = None

    def between(self, since: str | None, until: str | None) -> tuple[Release, ...]:
        """The releases of the target from ``since`` to ``until``, both included, None for open."""
        key = since, until
        if key not in self._spans:
            first = Release.parse(since) if since else None
            last = Release.parse(until) if until else None
            self._spans[key] = tuple(
                one
                for one in self.releases
                if (first is None or one >= first) and (last is None or one <= last)
            )
        return self._spans[key]

    def predictions(self, package: Package) -> Mapping[Release, Prediction]:
        """What each release would do with ``package``; empty where its kind is not known."""
        return {one: prediction for group, prediction in self._predicted(package) for one in group}

    def refusals(self, package: Package, *causes: Cause) -> tuple[Refusal, ...]:
        """The refusals that await ``package``; with ``causes``, those of these causes."""
        self._look_at(package)
        if not causes:
            return self._refusals
        return tuple(one for one in self._refusals if one.cause in causes)

    def refusing(self, package: Package, *causes: Cause) -> tuple[Release, ...]:
        """The releases that refuse ``package`` for one of ``causes``, ascending."""
        self._look_at(package)
        if not self._refusals:
            return ()
        return union(refusal.releases for refusal in self.refusals(package, *causes))

    def installing(self, package: Package) -> tuple[Release, ...]:
        """The releases that install ``package``, ascending."""
        return union(
            group for group, prediction in self._predicted(package) if prediction.cause is None
        )

    def skipping(self, package: Package, name: str) -> tuple[Release, ...]:
        """The releases that install ``package`` but leave the entry ``name`` out."""
        self._look_at(package)
        if self._skipped is None:
            self._skipped = {}
            for group, prediction in self._predicted(package):
                for skipped in {skipped for skipped, _ in prediction.skips}:
                    if prediction.cause is None:
                        self._skipped.setdefault(skipped, []).append(group)
        return union(self._skipped.get(name, ()))

    def removals(
        self, package: Package, releases: Iterable[Release]
    ) -> Mapping[Removal, tuple[Release, ...]]:
        """What becomes of ``package`` when those of ``releases`` that install it delete it."""
        alike: dict[Profile, list[Release]] = {}
        for one in releases if package.kind is not None else ():
            alike.setdefault(behaviour(one), []).append(one)
        found: dict[Removal, list[list[Release]]] = {}
        for group in alike.values():
            if removal := predict_removal(package, group[0], self.request):
                found.setdefault(removal, []).append(group)
        return {removal: union(groups) for removal, groups in found.items()}

    def _predicted(self, package: Package) -> Iterator[tuple[tuple[Release, ...], Prediction]]:
        self._look_at(package)
        if self._predictions is None:
            self._predictions = self._predict(package)
        return zip(self._alike(package), self._predictions, strict=False)

    def _predict(self, package: Package) -> tuple[Prediction, ...]:
        if package.kind is None:
            return ()
        return tuple(predict(package, group[0], self.request) for group in self._alike(package))

    def _alike(self, package: Package) -> tuple[tuple[Release, ...], ...]:
        """The releases in groups that treat ``package`` alike; one prediction serves a group."""
        concern = concern_of(package, self.request)
        if concern not in self._groups:
            groups: dict[Profile, list[Release]] = {}
            for one in self.releases:
                groups.setdefault(relevant(behaviour(one), concern), []).append(one)
            if len(self._groups) >= _MOST_SHAPES:
                self._groups.clear()
            self._groups[concern] = tuple(tuple(group) for group in groups.values())
        return self._groups[concern]

    def _look_at(self, package: Package) -> None:
        """Know the refusals of ``package``, unless it is the one that was looked at last.

        A package that differs from one that is installed everywhere only in its name is not
        predicted for again.
        """
        if self._package is package:
            return
        self._package, self._refusals = package, ()
        self._predictions, self._skipped = None, None
        alike = shape(package) if self.request is None else None
        if alike is not None and alike in self._welcome:
            return
        self._predictions = self._predict(package)
        self._refusals = _refusals(self._alike(package), self._predictions)
        if alike is not None and not self._refusals and len(self._welcome) < _MOST_SHAPES:
            self._welcome.add(alike)


def union(groups: Iterable[Sequence[Release]]) -> tuple[Release, ...]:
    """All releases of ``groups``, ascending, each once."""
    found = list(groups)
    if len(found) == 1:
        return tuple(found[0])
    return tuple(sorted({one for group in found for one in group}))


def _refusals(
    groups: Sequence[tuple[Release, ...]], predictions: Sequence[Prediction]
) -> tuple[Refusal, ...]:
    alike: dict[Hashable, list[tuple[tuple[Release, ...], Prediction]]] = {}
    for group, first in zip(groups, predictions, strict=False):
        for prediction in (first, *first.later) if first.cause is not None else ():
            key = prediction.cause, prediction.entry, prediction.subject
            alike.setdefault(key, []).append((group, prediction))
    found = []
    for same in alike.values():
        newest = max(same, key=lambda one: one[0][-1])[1]
        if newest.cause is not None:
            found.append(Refusal(newest.cause, newest, union(group for group, _ in same)))
    return tuple(found)
