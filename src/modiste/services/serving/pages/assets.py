"""Style sheets, scripts and pictures of the pages: all of them come with the package."""

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from modiste.services.serving.pages.site import STATIC

__all__ = ["static_files"]

KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

DAY = "public, max-age=86400"
"""The version is a part of their addresses, so that a new one is asked for at once."""


def static_files() -> APIRouter:
    """Returns the route, with the files in memory: no request names a path of this machine."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in KINDS}
    # The reports' own look, so that there is one.
    files["page.css"] = Path(str(resources.files("modiste.reports") / "templates" / "page.css"))
    held = {name: (path.read_bytes(), KINDS[path.suffix]) for name, path in files.items()}
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in held:
            raise HTTPException(404)
        content, kind = held[name]
        return Response(content, media_type=kind, headers={"Cache-Control": DAY})

    return router
