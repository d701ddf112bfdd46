"""Several dangers at once: none hides another."""

import stat
from dataclasses import replace

from kuiper_pack.package.kind import Kind
from tests.hostile.danger import NATIVE, PYTHON, SO, Dangers, file, portable, raw, sink
from tests.hostile.ends import EMPTY_END, LONE
from tests.package.zips import build

LINK = (stat.S_IFLNK | 0o777) << 16


def two_faces() -> Dangers:
    """One file that is a sound zip, and something else."""
    zip_ = build(*NATIVE)
    yield raw("a zip behind a PDF", "KPZ02", b"%PDF-1.4\n1 0 obj\nendobj\n" + zip_)
    yield raw("a zip behind a web page", "KPZ02", b"<html><script>x()</script>" + zip_)
    yield raw("a zip behind a shared object", "KPZ02", SO.content + zip_)
    yield raw("a zip with a script in its comment", "", build(*NATIVE, comment=b"\nexit 0\n"))
    yield raw("a zip within the end of another", "KPZ02 KPZ06", build(*NATIVE, comment=zip_))
    yield raw("half a zip, and a whole one", "KPZ02", zip_[: len(zip_) // 2] + zip_)
    yield raw("a whole zip, and half a one", "KPZ02", zip_ + zip_[: -len(zip_) // 2])


def names_and_headers() -> Dangers:
    """Names that are bad here, and others there."""
    yield sink("good here, up there", "KPZ01", file("a", local_name=b"../../x"))
    yield sink("up here, good there", "KPL10 KPZ01", file("../../x", local_name=b"a"))
    yield sink("NUL here, none there", "KPZ01 KPZ10", file("a\0.so", local_name=b"a"))
    yield sink("two that are one there", "KPZ01", file("a"), file("b", local_name=b"a"))
    yield sink("twice, with other contents", "KPZ03", file("a", b"1"), file("a", b"2", method=8))
    yield portable(
        "two manifests, one hidden", "KPZ02", file("x", gap=LONE.replace(b"evil.so", b"mirr.js"))
    )
    yield sink("a link that goes up", "KPL10 KPL13 KPZ18", file("../l", b"/", attributes=LINK))
    yield sink("upper case, and up", "KPL10 KPZ13", file("X"), file("x"), file("../x"))
    yield sink("long, and unseen", "KPZ10 KPZ11", file("a\n" + "x" * 300))
    yield sink("absolute, and a device", "KPL10 KPL11 KPZ12", file("/CON"), file("AUX"))


def ends_and_contents() -> Dangers:
    """Ends that are ambiguous, of what is damaged."""
    broken = file("a", crc=1)
    yield sink("prepended and damaged", "KPL02 KPZ02", broken, prefix=b"#!/bin/sh\n")
    yield sink("appended and encrypted", "KPZ02 KPZ09", file("a", flags=1), suffix=b"x" * 99)
    yield sink("two ends and two names", "KPZ02 KPZ03 KPZ06", file("a"), file("a"),
               before_end=EMPTY_END)  # fmt: skip
    yield sink("wrong size, hidden file", "KPZ02 KPZ06", file("a"), before_directory=LONE,
               directory_size=1)  # fmt: skip
    yield sink("zip64 and a script before it", "KPL02", file("a"), prefix=b"x" * 50, zip64=True)
    shared = replace(SO, name=b"b", offset=0, nowhere=True, flags=1)
    yield sink("the same bytes, encrypted", "KPZ01 KPZ07 KPZ09", shared)
    yield raw(
        "everything",
        "KPL10 KPZ01 KPZ02 KPZ03 KPZ05 KPZ06 KPZ09 KPZ10 KPZ12 KPZ13 KPZ14 KPZ15 KPZ16 "
        "KPZ17 KPZ18 KPZ19",
        build(
            *NATIVE, file("../x"), file("/x"), file("a\\b"), file("c\nd"), file("./e"), file("f"),
            file("f", flags=1), file("F"), file("f/g"), file(b"\xff"), file("h", crc=0),
            file("i", local_name=b"j", needed=63), file("k", b"/", attributes=LINK),
            file("l", crc=1), before_end=EMPTY_END, suffix=b"x",
        ),
    )  # fmt: skip
    yield raw("a portable's program is damaged and hidden", "KPL02 KPZ02",
              build(PYTHON[0], replace(PYTHON[1], crc=1, gap=LONE)),
              kind=Kind.PORTABLE, plugin="mirror")  # fmt: skip
