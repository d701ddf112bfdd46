"""Files that packages are installed from: ``/config/uploads`` (api section 10)."""

from collections.abc import Iterator

from kuiper_pack.planner.goquote import html
from kuiper_pack.server.messages import Asked, Reply, text_reply
from kuiper_pack.server.routes.section import NAME, Route, Section, route
from kuiper_pack.server.uploads import Uploads

UPLOADS = "/config/uploads"


class UploadRoutes(Section):
    """List, upload and delete files."""

    uploads: Uploads

    def routes(self) -> Iterator[Route]:
        """The routes of this release."""
        if self.profile.uploads:
            yield route("GET", UPLOADS, self.list_uploads)
            yield route("POST", UPLOADS, self.upload)
            yield route("DELETE", f"{UPLOADS}/{NAME}", self.delete_upload)

    def boot(self) -> None:
        """Make the folder."""
        self.uploads = Uploads(self.machine, self.profile, self.manners)

    def list_uploads(self, _: Asked) -> Reply:
        """GET /config/uploads."""
        return self.json_reply(self.uploads.paths())

    def upload(self, asked: Asked) -> Reply:
        """POST /config/uploads."""
        kind = asked.headers.get("content-type", "")
        path = self.uploads.save(kind, asked.body, asked.stream, problem=asked.query.problem)
        return text_reply(201, html(path) if self.profile.escapes_delete_text else path)

    def delete_upload(self, _: Asked, name: str) -> Reply:
        """DELETE /config/uploads/{name}."""
        self.uploads.delete(name)
        return text_reply(200, "ok")
