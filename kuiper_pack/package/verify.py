"""Every content of an archive read once, within the budget, by two threads where that pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Thread

from kuiper_pack.package.anomaly import Budget, Notes
from kuiper_pack.package.content import DEFLATED, Content, examine, settle
from kuiper_pack.package.entry import Entry
from kuiper_pack.package.goflate import Work
from kuiper_pack.package.source import Source

THREADS = 2
LARGE = 4 << 20
"""Archives with more compressed bytes in more than one entry are read by ``THREADS`` threads."""
SETTLED = 1 << 17
"""The work on broken streams, in bytes, to find Go's place of the error; it is slow."""
_MAX_RATIO = 1032
"""One byte of a deflate stream gives at most so many bytes."""


def examine_all(
    source: Source, entries: Sequence[Entry], bodies: Sequence[int], budget: Budget, notes: Notes
) -> dict[int, Content]:
    """What reading the contents found, by the index of the entry; sound ones are left out.

    ``bodies`` holds where each content begins, or -1 for none. What the budget does not allow to
    read is noted. Answers do not depend on the threads.
    """
    allowed, total = _within(source, entries, bodies, budget, notes)
    if total <= LARGE or len(allowed) < 2:
        found = dict(_found(source, entries, bodies, iter(allowed)))
    else:
        # The largest first, so that the threads end together.
        allowed.sort(key=lambda index: -entries[index].compressed_size)
        found = _in_threads(source, entries, bodies, allowed)
    _settle(source, entries, bodies, found)
    return found


def _settle(
    source: Source, entries: Sequence[Entry], bodies: Sequence[int], found: dict[int, Content]
) -> None:
    work = Work(SETTLED)
    for index, content in found.items():
        entry = entries[index]
        # Go may find fault before the stream ends short, and old versions read on behind the
        # declared size.
        if (content.error is not None or content.longer) and entry.method == DEFLATED:
            found[index] = settle(source, entry, bodies[index], content, work)


def _within(
    source: Source, entries: Sequence[Entry], bodies: Sequence[int], budget: Budget, notes: Notes
) -> tuple[list[int], int]:
    """The entries that may be read, and their compressed bytes."""
    allowed, inflated, compressed = [], 0, 0
    for index, entry in enumerate(entries):
        body = bodies[index]
        if body < 0:
            continue
        size = max(0, min(entry.compressed_size, source.size - body))
        most = min(entry.size, size * _MAX_RATIO if entry.method else size)
        if inflated + most > budget.inflated_bytes:
            message = f"contents of more than {budget.inflated_bytes >> 20} MiB: this was not read"
            notes.add("budget-inflated", message, entry.offset, entry.name)
        elif compressed + size > budget.compressed_bytes:
            limit = budget.compressed_bytes >> 20
            message = f"compressed contents of more than {limit} MiB: this was not read"
            notes.add("budget-compressed", message, entry.offset, entry.name)
        else:
            inflated += most
            compressed += size
            allowed.append(index)
    return allowed, compressed


def _found(
    source: Source, entries: Sequence[Entry], bodies: Sequence[int], indexes: Iterator[int]
) -> Iterator[tuple[int, Content]]:
    for index in indexes:
        content = examine(source, entries[index], bodies[index])
        if content is not None:
            yield index, content


def _in_threads(
    source: Source, entries: Sequence[Entry], bodies: Sequence[int], allowed: Sequence[int]
) -> dict[int, Content]:
    found: dict[int, Content] = {}
    failed: list[BaseException] = []
    shared = iter(allowed)  # one next() is one step under the interpreter's lock

    def work() -> None:
        try:
            found.update(_found(source, entries, bodies, shared))
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work, daemon=True) for _ in range(THREADS - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return {index: found[index] for index in sorted(found)}
