"""The tag page: a form that works without scripts, and the cards that its script fetches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Request, Response
from PIL import Image
from starlette.responses import HTMLResponse, PlainTextResponse

from modiste.catalogue.spreadsheets import defused
from modiste.dataset.picture_files import HEIC
from modiste.errors import NotSignedInError, RequestError, StoreError
from modiste.serving.api import Services
from modiste.serving.connection import cancel_on_disconnect
from modiste.serving.inference import InferenceService, PhotoOptions, PhotoResult, jpeg_data_uri
from modiste.serving.pages.errors import route_showing_errors
from modiste.serving.pages.site import Site
from modiste.serving.pictures import FORMATS
from modiste.serving.problems import as_request_error
from modiste.serving.responses import photo_answer
from modiste.serving.reviewing import Reviewing
from modiste.serving.schemas import PhotoAnswer
from modiste.serving.sessions import Session
from modiste.serving.uploads import Form, photos_of

__all__ = ["tag_pages"]

TOP = 3
"""How many labels of each attribute are shown."""

MEDIA_TYPES = ",".join(f"image/{kind.lower()}" for kind in FORMATS if kind not in {HEIC, "JPEG2000"})
"""The files that a browser offers, of those that it shows itself. They are named one by one, so that a phone makes JPEG
files of its HEIC photos."""


@dataclass(frozen=True)
class _Card:
    """A photo as a card shows it."""

    answer: PhotoAnswer
    json: str
    picture: str | None
    size: tuple[int, int] | None
    queued: bool


def tag_pages(site: Site, services: Services, reviewing: Reviewing | None) -> APIRouter:
    """Returns the routes of the page.

    Args:
        site: Makes pages.
        services: Answer about photos.
        reviewing: Takes uncertain answers; None where there is no queue.
    """
    reviews = reviewing is not None

    def show_on_page(request: Request, error: Exception) -> Response:
        return _page(site, services, request, site.visitor(request), reviews=reviews, problem=as_request_error(error))

    def show_as_text(_: Request, error: Exception) -> Response:
        # The script shows the text; it could not follow a redirection to the page to sign in.
        refused = as_request_error(error)
        return PlainTextResponse(str(refused), refused.status, refused.headers)

    router = site.pages()
    page_form = site.forms(route_class=route_showing_errors(show_on_page, RequestError), with_photos=True)
    as_text = route_showing_errors(show_as_text, NotSignedInError, RequestError, StoreError)
    script_form = site.forms(route_class=as_text, with_photos=True)

    @router.get("/")
    async def form(request: Request, session: Annotated[Session, site.session]) -> Response:
        return _page(site, services, request, session, reviews=reviews)

    @page_form.post("/")
    async def answer_form(
        request: Request,
        session: Annotated[Session, site.session],
        form: Annotated[Form, site.photo_form],
    ) -> Response:
        cards = await _answer(request, services, reviewing, form)
        return _page(site, services, request, session, reviews=reviews, cards=cards)

    @script_form.post("/cards")
    async def cards_alone(request: Request, form: Annotated[Form, site.photo_form]) -> Response:
        return HTMLResponse(site.render("cards.html", photos=await _answer(request, services, reviewing, form)))

    router.include_router(page_form)
    router.include_router(script_form)
    return router


async def _answer(request: Request, services: Services, reviewing: Reviewing | None, form: Form) -> list[_Card]:
    """Answers about the photos of a form, and puts uncertain answers into the queue where the form asks for that."""
    inference = services.inference
    names = [attribute.name for attribute in inference.predictor.bundle.attributes]
    explain = form.fields.get("explain")
    options = PhotoOptions(names.index(explain) if explain in names else None, keep=True)
    uploads = photos_of(form)
    results = await cancel_on_disconnect(request, inference.answer(uploads, options))
    queue = reviewing if form.fields.get("queue") else None
    if queue is not None:
        await queue.add(uploads, results)
    return await inference.in_decoder_thread(partial(_cards, inference, results, queued=queue is not None))


def _page(
    site: Site,
    services: Services,
    request: Request,
    session: Session,
    *,
    reviews: bool,
    problem: RequestError | None = None,
    cards: Sequence[_Card] = (),
) -> Response:
    good = [card for card in cards if card.answer.error is None]
    return site.page(
        request,
        session,
        "tag.html",
        status=200 if problem is None else problem.status,
        attributes=[attribute.name for attribute in services.inference.predictor.bundle.attributes],
        limits=services.budget.limits,
        media_types=MEDIA_TYPES,
        reviews=reviews,
        problem=problem,
        photos=cards,
        as_json=json.dumps([json.loads(card.json) for card in good], indent=2, ensure_ascii=False),
        as_csv=_as_csv([card.answer for card in good]),
    )


def _cards(inference: InferenceService, results: Sequence[PhotoResult], *, queued: bool) -> list[_Card]:
    return [_card(photo_answer(each, inference.hierarchy, TOP), each.photo, queued=queued) for each in results]


def _card(answer: PhotoAnswer, photo: Image.Image | None, *, queued: bool) -> _Card:
    answer_json = answer.model_dump_json(exclude={"explanation", "error"})
    if photo is None:
        return _Card(answer, answer_json, None, None, queued=False)
    uncertain = any(each.decision == "review" for each in answer.answers.values())
    return _Card(answer, answer_json, jpeg_data_uri(photo), photo.size, queued=queued and uncertain)


def _as_csv(photos: Sequence[PhotoAnswer]) -> str:
    """Returns answers as a CSV file in which no spreadsheet finds a formula, not even in an attribute's name."""
    if not photos:
        return ""
    rows = [["photo"]] + [[photo.name] for photo in photos]
    for name in photos[0].answers:
        rows[0] += [name, f"{name}_probability", f"{name}_decision"]
        for row, photo in zip(rows[1:], photos, strict=True):
            answer = photo.answers[name]
            row += [answer.label, f"{answer.probability:.4f}", answer.decision]
    table = pl.DataFrame(rows, orient="row")
    return table.select(defused(pl.col(name)) for name in table.columns).write_csv(include_header=False)
