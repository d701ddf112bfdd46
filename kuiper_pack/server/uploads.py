"""The folder of uploaded files: how a file comes into it, and goes (api section 10)."""

import posixpath
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from kuiper_pack.planner.cause import Cause
from kuiper_pack.planner.folders import clean, join
from kuiper_pack.planner.godecode import DecodeError, Struct, decode
from kuiper_pack.planner.outcome import Refused
from kuiper_pack.planner.request import go_version, text
from kuiper_pack.planner.steps import Failure, Fetch, Save
from kuiper_pack.profiles import Profile
from kuiper_pack.server.files import RealFiles
from kuiper_pack.server.machine import Machine
from kuiper_pack.server.manners import Manners
from kuiper_pack.server.multipart import MultipartError, files
from kuiper_pack.server.performer import Performer

FIELD = "uploadFile"
"""The field of a form that carries the file."""
NAMED = "application/json"
"""The type of a body that names the file; any other is taken for a form."""
_MODE = 0o666


class Uploads:
    """What ``/config/uploads`` does on one machine; refusals are raised as Refused."""

    def __init__(self, machine: Machine, profile: Profile, manners: Manners) -> None:
        self.folder = join(machine.folders.named(profile.uploads), "uploads")
        if profile.uploads:
            Path(self.folder).mkdir(exist_ok=True)
        self._machine = machine
        self._profile = profile
        self._manners = manners

    def save(
        self,
        content_type: str,
        body: bytes,
        stream: BinaryIO | None = None,
        *,
        problem: str = "",
    ) -> str:
        """Keep the file that a request carries or names, in place of one of that name; its path.

        A form may be a ``stream``, which is read piece by piece; its query may have a ``problem``,
        for a form is what comes in both.
        """
        if content_type == NAMED:
            return self._save_named(body)
        form = stream or BytesIO(body)
        try:
            found = next((one for one in files(content_type, form) if one.field == FIELD), None)
            if problem:
                raise MultipartError(problem)
        except MultipartError as error:
            raise Refused(Cause.BODY, f"Error parse the multi part form: {error}") from error
        if found is None:
            raise Refused(Cause.BODY, "Error Retrieving the File: http: no such file")
        done = "saving" if self._manners.uploads_whole else "creating"
        with self._machine.alone() as performer:
            words = self._create(performer.files, found.name) or _write(performer, found.chunks())
        if words:
            raise Refused(Cause.BODY, f"Error {done} the file: {words}")
        return join(self.folder, found.name)

    def paths(self) -> list[str]:
        """The paths of what lies in the folder, in the order of their names."""
        found = self._machine.performer.files.names_in(self.folder)
        if isinstance(found, Failure):
            words = f"open {self.folder}: {found.words}"
            raise Refused(Cause.BODY, f"Error reading the file upload dir: {words}")
        return [join(self.folder, name) for name in found]

    def delete(self, name: str) -> None:
        """Remove a file, or an empty folder."""
        path = join(self.folder, name)
        self._check_parent(path)
        with self._machine.alone() as performer:
            if self._manners.uploads_whole:
                failure = performer.files.remove_inside(self.folder, name)
                done = f"removeat {name}"
            else:
                failure = performer.files.remove(path)
                done = f"remove {path}"
        if failure is not None:
            raise Refused(Cause.BODY, f"Error deleting the file: {done}: {failure.words}")

    def _save_named(self, body: bytes) -> str:
        """What a JSON body asks for: its own text, or what is at a URL."""
        name, content, url = self._decoded(body)
        self._check_parent(url)
        with self._machine.alone() as performer:
            if url:
                words = self._download(performer, name, url)
            else:
                data = content.encode("utf-8", "replace")
                words = self._create(performer.files, name) or _write(performer, [data])
        if words:
            by_url = self._manners.uploads_by_url
            prefix = "Upload error: getFile has error" if by_url else "Error creating the file"
            raise Refused(Cause.DOWNLOAD, f"{prefix}: {words}")
        return join(self.folder, name)

    def _decoded(self, body: bytes) -> tuple[str, str, str]:
        """Name, content and URL."""
        fields = {"name": "string", "content": "string"}
        if self._manners.uploads_by_url:
            fields["file"] = "string"
        struct = Struct("server", "fileContent", fields, {})
        try:
            values = decode(body, struct, go_version(self._profile), stream=True)
        except DecodeError as error:
            prefix = "Invalid body: Error decoding file json"
            raise Refused(Cause.BODY, f"{prefix}: {error}") from error
        name, content, url = (text(values.get(key)) for key in ("name", "content", "file"))
        if name and (content or url):
            return name, content, url
        missing = "name is" if content or url else "content or FilePath is"
        raise Refused(
            Cause.BODY,
            f"Invalid body: missing necessary field: invalid body: {missing} required",
            panics=not self._manners.uploads_by_url,
        )

    def _check_parent(self, place: str) -> None:
        if self._profile.forbids_parent_urls and ".." in place:
            raise Refused(Cause.URL_FORBIDDEN, f"path: {place} should not contain ..")

    def _download(self, performer: Performer, name: str, url: str) -> str:
        """Bring what is at ``url``; what is wrong, in the words of the release."""
        whole, path = self._manners.uploads_whole, join(self.folder, name)
        if not whole and (words := self._create(performer.files, name)):
            return words
        failure: Failure | None = performer.perform(Fetch(url))
        if failure is not None:
            return failure.words
        if words := self._create(performer.files, name):
            return words
        failure = performer.perform(Save(path))
        if failure is None:
            return ""
        if whole:
            performer.files.remove_inside(self.folder, name)
        return failure.words

    def _create(self, opened: RealFiles, name: str) -> str:
        """Open a file for writing, empty; what is wrong."""
        path = join(self.folder, name)
        if not self._manners.uploads_rooted:
            failure = opened.create(path, _MODE)
            return f"open {path}: {failure.words}" if failure else ""
        if self._manners.uploads_whole:
            made = ""
            for part in clean(posixpath.dirname(name)).split("/"):
                made = f"{made}/{part}" if made else part
                if part in ("", "."):
                    continue
                failure = opened.make_folder_inside(self.folder, made)
                if failure is not None and failure.words != "file exists":
                    return f"mkdirat {made}: {failure.words}"
        failure = opened.create_inside(self.folder, name, _MODE)
        return f"openat {name}: {failure.words}" if failure else ""


def _write(performer: Performer, content: Iterable[bytes]) -> str:
    problems = filter(None, map(performer.files.write, content))
    failure = next(problems, None)
    performer.files.close()
    return failure.words if failure else ""
