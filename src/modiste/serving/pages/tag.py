"""The tag page: a form that works without scripts, and the cards that its script asks for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl
from fastapi import APIRouter, Request, Response
from PIL import Image
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, PlainTextResponse

from modiste.catalogue.records import defused
from modiste.errors import NotSignedInError, RequestError, StoreError
from modiste.serving.api import CLIENT_GONE, Api
from modiste.serving.connection import received, while_connected
from modiste.serving.inference import Answered, InferenceService, Shown, jpeg_uri
from modiste.serving.pages.site import CSRF, Site
from modiste.serving.pictures import FORMATS
from modiste.serving.problems import as_request_error
from modiste.serving.responses import photo_answer
from modiste.serving.reviewing import Reviewing
from modiste.serving.schemas import PhotoAnswer
from modiste.serving.sessions import Session
from modiste.serving.uploads import Uploads, photos_of

__all__ = ["tag_pages"]

TOP = 3
"""Labels to show of each attribute."""

KINDS = ",".join(f"image/{kind.lower()}" for kind in FORMATS)
"""What to choose from. Named one by one, so that a phone that takes HEIC photos makes JPEG files of them."""


@dataclass(frozen=True)
class _Card:
    """A photo as a card shows it."""

    answer: PhotoAnswer
    json: str
    picture: str | None
    size: tuple[int, int] | None
    queued: bool


def tag_pages(site: Site, api: Api, reviewing: Reviewing | None) -> APIRouter:
    """Returns the routes of the page.

    Args:
        site: Makes pages.
        api: Answers about photos.
        reviewing: Takes doubtful answers; None where there is no queue.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def form(request: Request) -> Response:
        return _page(site, api, request, site.session(request), reviews=reviewing is not None)

    @router.post("/")
    async def answer_form(request: Request) -> Response:
        session = site.session(request)
        problem, cards = None, list[_Card]()
        try:
            async with received(request, api.intake) as sent:
                site.check_form(session, sent.fields.get(CSRF))
                cards = await _answered(request, api, reviewing, sent)
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except RequestError as error:
            problem = error
        return _page(site, api, request, session, reviews=reviewing is not None, problem=problem, cards=cards)

    @router.post("/cards")
    async def cards_alone(request: Request) -> Response:
        try:
            session = site.session(request)
            async with received(request, api.intake) as sent:
                site.check_form(session, sent.fields.get(CSRF))
                cards = await _answered(request, api, reviewing, sent)
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except (NotSignedInError, RequestError, StoreError) as error:
            # A script asks: it shows what it is told, and a way elsewhere would lead it astray.
            refused = as_request_error(error)
            return PlainTextResponse(str(refused), refused.status, refused.headers)
        return HTMLResponse(site.render("cards.html", photos=cards))

    return router


async def _answered(request: Request, api: Api, reviewing: Reviewing | None, sent: Uploads) -> list[_Card]:
    names = [attribute.name for attribute in api.inference.predictor.bundle.attributes]
    explain = sent.fields.get("explain")
    index = names.index(explain) if explain in names else None
    uploads = photos_of(sent)
    answered = await while_connected(request, api.inference.answer(uploads, Shown(index, keep=True)))
    queue = reviewing if sent.fields.get("queue") else None
    if queue is not None:
        await queue.add(uploads, answered)
    return await api.inference.beside(partial(_cards, api.inference, answered, queued=queue is not None))


def _page(
    site: Site,
    api: Api,
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
        attributes=[attribute.name for attribute in api.inference.predictor.bundle.attributes],
        limits=api.intake.limits,
        kinds=KINDS,
        reviews=reviews,
        problem=problem,
        photos=cards,
        as_json=json.dumps([json.loads(card.json) for card in good], indent=2, ensure_ascii=False),
        as_csv=_as_csv([card.answer for card in good]),
    )


def _cards(inference: InferenceService, answered: Sequence[Answered], *, queued: bool) -> list[_Card]:
    return [_card(photo_answer(each, inference.hierarchy, TOP), each.photo, queued=queued) for each in answered]


def _card(answer: PhotoAnswer, photo: Image.Image | None, *, queued: bool) -> _Card:
    said = answer.model_dump_json(exclude={"explanation", "error"})
    if photo is None:
        return _Card(answer, said, None, None, queued=False)
    doubtful = any(each.decision == "review" for each in answer.answers.values())
    return _Card(answer, said, jpeg_uri(photo), photo.size, queued=queued and doubtful)


def _as_csv(photos: Sequence[PhotoAnswer]) -> str:
    """Returns answers as a CSV file that no spreadsheet takes for formulas, not even what the attributes are called."""
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
