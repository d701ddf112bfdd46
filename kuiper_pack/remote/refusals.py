"""What servers say when they refuse, and what to do about it.

Whatever is wrong with the package itself is not said here: the rules know it, with file and line,
so the advice is to ask them. The tests hold that to the planner: where a refusal that it predicts
has a cause that rules explain, validating is the advice.
"""

import re
import shlex
from typing import NamedTuple

from kuiper_pack.client import Answer
from kuiper_pack.client.words import LOADED, OTHER_BUILD, OTHER_SYSTEM, said
from kuiper_pack.profiles import profile
from kuiper_pack.remote.asked import Asked, Rejected
from kuiper_pack.remote.features import how_to_replace, without_route

_GIVE_IT = "give the zip itself"
_TOKEN = "with --token-file FILE, or in the environment variable KUIPER_TOKEN"
_LIST = "`{list}` shows what is there"


class Known(NamedTuple):
    """A refusal: its words as a regular expression, and what to do.

    In the advice ``{validate}`` is the command that judges the package, ``{build}`` the one that
    makes it for the server, ``{list}`` the one that shows what there is; ``{replace}`` says how a
    plugin is replaced, ``{name_it}`` what a name is made of, ``{left}`` what a failed script
    leaves; ``{name}`` is the plugin, and ``{0}`` the first group of the words.
    """

    words: str
    advice: str


KNOWN = (
    # the token (api G-11)
    Known("missing_token", f"give the token {_TOKEN}"),
    Known("token is expired", "get a new token, or set the clocks right"),
    Known("audience field should", "get a token whose aud has eKuiper"),
    Known(
        r"not found target key file (\S*?) in",
        "put the public key of who issued the token into its etc/mgmt, as {0}",
    ),
    Known(
        "crypto/rsa: verification error",
        "the public key in its etc/mgmt that iss names is not of who signed the token",
    ),
    Known(
        "JWTVAL__|validate token error",
        "the server takes a bare JWT, without Bearer: iss names a public key in its etc/mgmt, aud "
        "has eKuiper, and exp is yet to come",
    ),
    # the address
    Known(
        "HTTP request (to an|was sent to) HTTPS", "the server speaks TLS: write https:// in --url"
    ),
    # the request
    Known("id cannot be empty|invalid name .*should not be empty", "say --name"),
    Known("invalid soFileName", "remove its file in plugins/ of the server, and restart that"),
    Known(
        "listen on rep socket: address in use",
        "a plugin of this name runs on that machine already, of another server or left over: drop "
        "it there, or choose another --name and name the files in the zip after it",
    ),
    Known(
        "contains invalid characters|leading or trailing whitespace|listen on rep socket"
        "|fail to download file .*: open(at)? .*(file name too long|path escapes)",
        "{name_it}",
    ),
    Known("invalid uri", "the URL begins with http://, https:// or file:///, and ends in .zip"),
    Known(r"should not contain \.\.", "give a URL without .."),
    Known("unsupported protocol scheme", "give a URL with http:// or https://"),
    Known("marked as deleted", "restart the server, then create it again"),
    Known(
        "invalid name .*: duplicate",
        "{replace}",
    ),
    Known(
        "cannot find .so file",
        "the server finds no file of it: remove what plugins/ there may still have of it; it "
        "leaves the list when the server restarts",
    ),
    Known("cannot delete old version: .*not exist", "`kuiper-pack remote create` installs it"),
    Known(r"(error|found): not found$|: not exist$|is not found$", _LIST),
    Known(
        r"function name (\S+) already exists",
        "`kuiper-pack remote udfs {0}` tells whose it is; what a refused request left of it goes "
        "when the server restarts",
    ),
    Known(
        "'functions' must not be empty",
        "name them: `kuiper-pack remote register {name} FUNCTION...`",
    ),
    # how the package gets there (api C-16 to C-23)
    Known(
        "is in internal network",
        f"the server fetches from no private address: {_GIVE_IT}, or set enablePrivateNet: true "
        "below basic in its etc/kuiper.yaml",
    ),
    Known(
        "file access denied",
        f"the server reads nothing but its uploads: {_GIVE_IT}, or set allowExternalFileAccess: "
        "true below basic in its etc/kuiper.yaml",
    ),
    Known(
        "cannot download the file with status",
        f"the server could not fetch it: check the URL, or {_GIVE_IT}",
    ),
    Known(
        r"fail to download file .*: (Get|Head) ",
        "the server cannot reach that address, which may be another machine for it than for you: "
        f"{_GIVE_IT}, or a URL that it can reach",
    ),
    Known(
        r"fail to download file .*?([^/\s]*): (stat .+|openat \1): no such file",
        f"there is no such file on the machine of the server: {_GIVE_IT}, or the path it has there",
    ),
    Known("fail to download file .*: open", "{name_it}"),
    Known("fail to download file .*(not a regular file|is a directory$)", "name a zip, no folder"),
    Known("fail to download file|getFile has error", f"check what is there, or {_GIVE_IT}"),
    # the shared object does not open
    Known(
        LOADED,
        "the process of the server has it loaded, under another name or from before: restart the "
        "server, or build the plugin with a package path of its own; some servers also say so of "
        "what another Go built: `{build}`",
    ),
    Known(
        OTHER_BUILD,
        "it was built for another server: `{build}` builds it with the Go and the modules of this "
        "one, on its system; restart the server where it says previous failure",
    ),
    Known(
        f"{OTHER_SYSTEM}|cannot open shared object|symbol not found|undefined symbol",
        "it was built for another processor or C library: `{build}` with the --arch and --image "
        "of the server",
    ),
    # the process does not start
    Known(
        "handshake error",
        "the plugin did not greet the server in time: `kuiper-pack run {package}` shows what it "
        "does, the log of the server what it prints",
    ),
    Known(
        "executable file not found|fork/exec .*no such file",
        "what runs the plugin is not on the server: its interpreter, or the C library of its "
        "program; `{validate}` with the --image of the server tells",
    ),
    Known(
        "kill portable plugin",
        "it is deleted, and its process lives on: end that on the machine of the server",
    ),
    # install.sh, the listing of hosts, files of uploads
    Known(
        "--allow-install-scripts",
        "that is for `kuiper-pack serve`; without it, leave install.sh out of the zip",
    ),
    Known(
        r"(err:)?exit status 127",
        "install.sh calls what is not there: `{validate}` with the --image of the server tells",
    ),
    Known(
        r"(install plugin|unzip file \S+): (err:)?(exit status|signal|fork/exec|exec:)",
        "install.sh failed: run it where the server runs; what it did before that stays{left}",
    ),
    Known(
        "strongly recommended to install",
        "this server lists only in the official image for Debian: create plugins by their URL",
    ),
    Known("plugin host in kuiper.yaml", "set pluginHosts in etc/kuiper.yaml of the server"),
    Known("deleting the file: ", "`kuiper-pack remote upload --list` shows what is there"),
    Known(r"can't find \S", "its files were removed by hand: it is gone when the server restarts"),
    Known("have shell parameters", "leave --shell-para out, or put an install.sh into the zip"),
    Known(
        "expectFiles.*yamlFileChecked:true, soFileChecked:true|already exist$",
        "{name}.yaml of an earlier plugin may be left in etc/sources or data/sources of the "
        "server: remove it there; `{validate}` tells whether it is the zip",
    ),
    # the rest of what is wrong with a package
    Known("fail to install plugin|fail to unzip file", "`{validate}` tells where and why"),
)
"""The first that fits counts."""


_NO_API = "is that the plugin API? --url is what stands before /plugins, with the path of a proxy"
_STATUSES = {
    401: f"give a token that it takes {_TOKEN}",
    403: f"whoever is in front of the server lets no one through without a token: give it {_TOKEN}",
    404: _NO_API,
    501: _NO_API,
    413: "the proxy in front of the server takes no file as large: have its limit raised",
    502: "the proxy in front of the server does not reach it: is it running?",
    503: "it is not ready, or the proxy in front of it does not reach it: try again later",
    504: "the proxy in front of the server did not wait: look whether it is done",
}
"""What to do where the words are of no known kind."""

_TWICE = re.compile(r"/plugins(/\w+)?/(plugins|config)/")
_TAKEN_FOR_A_NAME = re.compile(r"^describe \w+ plugin prebuild error")
"""What releases without that path make of .../prebuild."""
_NO_WORDS = "look into the log of the server, log/stream.log"
_CLOSED = "the server goes on; its log, log/stream.log, tells why"
_ENDED = (
    "the server ended over it, and does so at each start until the file of the plugin is removed "
    "from plugins/ there: what was built for another server can end this one, `{build}` builds it "
    "for this one"
)
_DELETED_ALREADY = "what was there before is deleted by now, so create it again"
_NAMES = "choose a short --name of letters, digits, - and _, and name the files in the zip after it"


def refusal(answer: Answer, asked: Asked, *, ended: bool = False) -> Rejected:
    """The line for an answer that is no success; ``ended`` where nothing answers any more."""
    status = answer.status
    words = said(answer).rstrip(".")
    if status is None:
        rest = _filled(_ENDED, "", asked) if ended else _CLOSED
        return Rejected(f"no answer to {asked.verb}: {words}; {rest}", answer)
    if 300 <= status < 400:
        words = f"{words}; {answer.note}" if answer.note else words
        return Rejected(f"refused ({status}): {words}; give the URL it leads to", answer)
    told = advice(status, words, asked)
    if told == _NO_API and _TWICE.search(answer.url):
        told = "leave out the /plugins at the end of --url"
    return Rejected(f"refused ({status}): {words}; {told}", answer)


def advice(status: int, words: str, asked: Asked) -> str:
    """What to do about a refusal."""
    if status == 405 or words == "404 page not found" or _TAKEN_FOR_A_NAME.search(words):
        return without_route(asked) or _NO_API
    for known in KNOWN:
        if (found := re.search(known.words, words)) is not None:
            text = _filled(known.advice, found.group(1) if found.re.groups else "", asked)
            if asked.verb == "update" and _is_past_deletion(words):
                text += f"; {_DELETED_ALREADY}"
            return text
    return _STATUSES.get(status, _NO_WORDS)


def _is_past_deletion(words: str) -> bool:
    """Whether an update got as far as the package: what it replaces went first (api U-05, P-25)."""
    return "command error: " in words


def _filled(text: str, group: str, asked: Asked) -> str:
    server = f" --server {asked.release}" if asked.release is not None else ""
    kind = f" --kind {asked.kind.value}" if asked.kind is not None else ""
    name = f" --name {shlex.quote(asked.name)}" if asked.name else ""
    package = shlex.quote(asked.package) if asked.package and "://" not in asked.package else "ZIP"
    values = {
        "{replace}": how_to_replace(asked),
        "{name_it}": _NAMES if asked.package else f"no plugin has such a name: {_LIST}",
        "{update}": f"kuiper-pack remote update {shlex.quote(asked.package or 'ZIP')}{kind}{name}",
        "{validate}": f"kuiper-pack validate {package}{kind}{name}{server}",
        "{build}": f"kuiper-pack build{server}",
        "{list}": f"kuiper-pack remote {'udfs' if asked.verb == 'udfs' else 'list'}",
        "{left}": _left_by_script(asked),
        "{package}": package,
        "{name}": shlex.quote(asked.name) if asked.name else "NAME",
        "{0}": shlex.quote(group),
    }
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def _left_by_script(asked: Asked) -> str:
    """What a failed install.sh leaves behind (api C-30)."""
    if asked.kind is None or not asked.kind.is_native or asked.release is None:
        return ""
    if profile(asked.release).reverts != "all-but-script":
        return ""
    return ", and so do the files of the plugin: it is there after a restart"
