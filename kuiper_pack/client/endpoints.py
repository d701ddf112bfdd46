"""The endpoints of the plugin API: which method, path and body each of them wants."""

import json as jsonlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from kuiper_pack.client.answer import Answer
from kuiper_pack.client.form import Form
from kuiper_pack.package.kind import Kind

JSON = {"Content-Type": "application/json"}
UPLOADS = "/config/uploads"
UPLOAD_FIELD = "uploadFile"


class Endpoints(ABC):
    """One method per endpoint, one answer per request; how requests are sent is not said here."""

    @abstractmethod
    def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send any request; ``path`` starts with a slash and is sent as it is written.

        ``json`` is written as the body, ``body`` is sent as it is.
        """

    def root(self) -> Answer:
        """What the server says about itself."""
        return self.send("GET", "/")

    def ping(self) -> Answer:
        """Whether it lives."""
        return self.send("GET", "/ping")

    def list(self, kind: Kind) -> Answer:
        """The plugins of a kind."""
        return self.send("GET", f"/plugins/{kind.plural}")

    def describe(self, kind: Kind, name: str) -> Answer:
        """One plugin."""
        return self.send("GET", plugin_path(kind, name))

    def create(
        self,
        kind: Kind,
        name: str,
        file: str,
        *,
        functions: Sequence[str] = (),
        shell_paras: Sequence[str] = (),
    ) -> Answer:
        """Install the package at the URL ``file`` under ``name``."""
        body = _request(name, file, functions, shell_paras)
        return self.send("POST", f"/plugins/{kind.plural}", json=body)

    def update(
        self,
        kind: Kind,
        name: str,
        file: str,
        *,
        functions: Sequence[str] = (),
        shell_paras: Sequence[str] = (),
    ) -> Answer:
        """Replace a plugin by the package at the URL ``file``."""
        body = _request(name, file, functions, shell_paras)
        return self.send("PUT", plugin_path(kind, name), json=body)

    def drop(self, kind: Kind, name: str, *, stop: bool = False) -> Answer:
        """Delete a plugin; with ``stop`` the server is asked to end."""
        return self.send("DELETE", plugin_path(kind, name) + ("?stop=1" if stop else ""))

    def status(self, name: str) -> Answer:
        """How a portable plugin fares."""
        return self.send("GET", f"{plugin_path(Kind.PORTABLE, name)}/status")

    def udfs(self) -> Answer:
        """The functions of all plugins."""
        return self.send("GET", "/plugins/udfs")

    def describe_udf(self, function: str) -> Answer:
        """The plugin that a function comes from."""
        return self.send("GET", f"/plugins/udfs/{_segment(function)}")

    def register(self, name: str, functions: Sequence[str]) -> Answer:
        """Say which functions a function plugin has."""
        body = {"functions": [*functions]}
        return self.send("POST", f"{plugin_path(Kind.FUNCTION, name)}/register", json=body)

    def prebuild(self, kind: Kind) -> Answer:
        """The ready-made plugins of the hosts that the server is set to, with their URLs."""
        return self.send("GET", f"/plugins/{kind.plural}/prebuild")

    def uploads(self) -> Answer:
        """The paths of uploaded files, on the server."""
        return self.send("GET", UPLOADS)

    def upload(self, name: str, content: bytes) -> Answer:
        """Keep a file on the server, in place of one of that name; answered with its path."""
        form = Form(UPLOAD_FIELD, name, content)
        return self.send("POST", UPLOADS, body=b"".join(form), headers=form.headers)

    def drop_upload(self, name: str) -> Answer:
        """Remove an uploaded file."""
        return self.send("DELETE", f"{UPLOADS}/{_segment(name)}")


def plugin_path(kind: Kind, name: str) -> str:
    """The path of one plugin."""
    return f"/plugins/{kind.plural}/{_segment(name)}"


def with_json(value: Any, headers: Mapping[str, str] | None) -> tuple[bytes, Mapping[str, str]]:
    """The body that says ``value``, and the headers with its type."""
    text = jsonlib.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "surrogateescape"), JSON | dict(headers or {})


def _segment(name: str) -> str:
    # a client that sends "." or ".." bare would have the path cleaned away on the way
    if name in (".", ".."):
        return name.replace(".", "%2E")
    return quote(name, safe="", errors="surrogatepass")  # a server may list any JSON string


def _request(
    name: str, file: str, functions: Sequence[str], shell_paras: Sequence[str]
) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "file": file}
    if functions:
        body["functions"] = [*functions]
    if shell_paras:
        body["shellParas"] = [*shell_paras]
    return body
