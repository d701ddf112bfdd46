"""Names of plugins and of shared objects."""

import re
from collections.abc import Callable

from kuiper_pack.errors import KuiperPackError
from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.profiles import Profile

_ID = re.compile(r"[a-zA-Z0-9_\-]+")
_PLAIN = re.compile(r"[A-Za-z0-9_\- ,'\"!#%&/:;<=>@~`]*")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")
_REPEAT = re.compile(r"[*+{]")
_CHOICE = re.compile(r"[*+?{|]")
_MOST_CHOICES = 3
_LONGEST_FOLLOWED = 255  # no file has a longer name
_GO_SPACES = (
    " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space of Unicode, which Go trims (unicode.IsSpace)."""


def check_id(name: str) -> None:
    """Raise Refused unless ``name`` is an id (pkg N-02)."""
    if not name:
        raise Refused(Cause.NAME_EMPTY, "id cannot be empty")
    if name != name.strip(_GO_SPACES):
        raise Refused(Cause.NAME_INVALID, f"id '{name}' contains leading or trailing whitespace")
    if not _ID.fullmatch(name):
        raise Refused(
            Cause.NAME_INVALID,
            f"id '{name}' contains invalid characters: "
            "only alphanumeric, hyphens and underscores are allowed",
        )


def so_names(profile: Profile, name: str) -> Callable[[str], bool]:
    """Tells whether a file name is one of the shared object of plugin ``name`` (pkg S-01, S-02).

    The servers put the name unquoted into a regular expression (pkg N-03): raises Refused where
    that is none and the server closes the connection.
    """
    if not name[0].isascii():
        raise _panics(name)
    upper = upper_first(name)
    any_case = profile.so_name == "any"
    if not _PLAIN.fullmatch(name):
        from kuiper_pack.planner.goregexp import translate

        pattern = f"(({name})|({upper}))(@.*)?" if any_case else f"{upper}(@v.*)?"
        try:
            compiled = re.compile(translate(rf"^{pattern}\.so$"), re.ASCII)
        except re.error:
            raise _panics(name) from None
        if _is_involved(name):
            raise KuiperPackError(
                f"the name {name!r} acts as a regular expression in servers before 2.4.0, and is "
                "too involved to be followed: rename the plugin"
            )
        return lambda file_name: (
            len(file_name) <= _LONGEST_FOLLOWED and compiled.match(file_name) is not None
        )
    starts, mark = ((name, upper), "@") if any_case else ((upper,), "@v")

    def matches(file_name: str) -> bool:
        if not file_name.endswith(".so") or not file_name.startswith(starts):
            return False
        rest = file_name[len(name) : -len(".so")]
        return not rest or (rest.startswith(mark) and "\n" not in rest)

    return matches


def _is_involved(name: str) -> bool:
    """Whether Python, which goes back and tries again, could take for ever where Go does not."""
    if _REPEATED_GROUP.search(name) or len(_REPEAT.findall(name)) > 1:
        return True
    return len(_CHOICE.findall(name)) > _MOST_CHOICES


def _panics(name: str) -> Refused:
    return Refused(Cause.NAME_PANICS, "", subject=name, panics=True)


def parse_so_name(profile: Profile, file_name: str) -> tuple[str, str]:
    """Plugin name and version in the file name of a shared object (pkg S-05, V-05)."""
    mark = "@" if profile.so_name == "any" else "@v"
    parts = file_name.split(".so", maxsplit=1)[0].split(mark)
    return lower_first(parts[0]), parts[1] if len(parts) > 1 else ""


def upper_first(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """The text with its first letter in lower case."""
    return text[:1].lower() + text[1:]


def is_unsafe_entry(name: str) -> bool:
    """Whether 2.3.1 and later skip an entry of this name in native packages (pkg L-10, L-11)."""
    return (
        name.startswith(("/", "\\", "CON", "PRN", "AUX", "NUL"))
        or ".." in name.split("/")
        or ".." in name.split("\\")
    )
