"""Which URLs a server accepts, as Go's net/url reads them."""

import re
from functools import lru_cache

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\]|[^\[\]:<>\"\s\\^`{|}]*)(?::[0-9]*)?")
_USERINFO = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:%@]*")


@lru_cache(maxsize=256)
def is_valid(url: str, *, file_urls: bool) -> bool:
    """Whether ``url`` passes the check of a create request (api C-13 to C-18).

    With ``file_urls`` http, https and file are the schemes; without, any scheme with a host is.
    """
    match = _SCHEME.fullmatch(url)
    if match is None or _CONTROL.search(url):
        return False
    scheme, rest = match[1].lower(), match[2].partition("?")[0]
    if not rest.startswith("/"):
        return False  # opaque: neither host nor path
    host, path = "", rest
    if rest.startswith("//"):
        authority, slash, tail = rest[2:].partition("/")
        host, path = authority, slash + tail
        userinfo, at, after = authority.rpartition("@")
        if at:
            if not _USERINFO.fullmatch(userinfo) or _BAD_ESCAPE.search(userinfo):
                return False
            host = after
        if not _HOST.fullmatch(host):
            return False
    if _BAD_ESCAPE.search(path):
        return False
    if not file_urls:
        return bool(host)
    if scheme == "file":
        return not host and bool(path)
    return scheme in ("http", "https") and bool(host)
