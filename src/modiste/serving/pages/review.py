"""The review page: one photo at a time, most valuable first, by keys or by pointing, and without scripts too."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from modiste.catalogue.corrections import corrections_csv
from modiste.review.items import LONGEST, Question, ReviewItem
from modiste.serving.pages.site import Site
from modiste.serving.reviewing import Reviewing
from modiste.serving.sessions import Session

__all__ = ["ANOTHER", "review_pages"]

OFFERED = 5
"""Labels to offer at once for each attribute; the others are in a list."""

LISTED = 50
"""Decisions on a page of the record."""

LARGEST = 10**18
"""Of the numbers of photos and decisions: no database has larger ones, and some fail at them."""

ANOTHER = "another"
"""The choice that stands for the list of all labels."""

NOTES = {
    "taken": "Somebody else has that photo now, or has decided it; here is the next one.",
    "skipped": "Passed on to others. U takes that back.",
    "decided": "Saved. U takes that back.",
    "undone": "Taken back; here it is again.",
    "nothing": "There is nothing of yours left to take back.",
}


@dataclass(frozen=True)
class _Asked:
    """A question as the page shows it.

    Attributes:
        number: Counts them, for the page's ids.
        of: The question.
        offered: Labels with their probabilities, the tagger's answer first.
        others: All other labels.
    """

    number: int
    of: Question
    offered: list[tuple[str, float]]
    others: list[str]


def review_pages(site: Site, reviewing: Reviewing) -> APIRouter:
    """Returns the routes of what is looked at.

    Args:
        site: Makes pages.
        reviewing: Asks the queue.
    """
    router = site.pages("/review")
    store = reviewing.store

    @router.get("/")
    async def queue(request: Request, session: Annotated[Session, site.session], note: str = "") -> Response:
        item = await reviewing.ask(store.claim, session.who) if session.who else None
        progress = await reviewing.ask(store.progress)
        asked = [] if item is None else _asked(item, await reviewing.ask(store.labels, item.bundle))
        return site.page(
            request,
            session,
            "review.html",
            progress=progress,
            item=item,
            asked=[each for each in asked if each.of.open],
            sure=[each for each in asked if not each.of.open],
            note=NOTES.get(note),
            another=ANOTHER,
            longest=LONGEST,
        )

    @router.get("/photos/{item}")
    async def photo(item: Annotated[int, Path(ge=1, lt=LARGEST)]) -> Response:
        content = await reviewing.ask(store.thumbnail, item)
        # The same number is the same photo for ever.
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    @router.get("/record")
    async def record(
        request: Request,
        session: Annotated[Session, site.session],
        before: Annotated[int | None, Query(ge=1, lt=LARGEST)] = None,
    ) -> Response:
        rows = await reviewing.ask(store.decisions, most=LISTED, before=before)
        earlier = rows[-1].id if len(rows) == LISTED else None
        progress = await reviewing.ask(store.progress)
        return site.page(request, session, "record.html", rows=rows, earlier=earlier, progress=progress)

    @router.get("/corrections.csv")
    async def corrections() -> Response:
        content = corrections_csv(await reviewing.ask(store.corrections))
        headers = {"Content-Disposition": 'attachment; filename="corrections.csv"'}
        return Response(content, media_type="text/csv", headers=headers)

    return router


def _asked(item: ReviewItem, labels: dict[str, tuple[str, ...]]) -> list[_Asked]:
    asked = []
    for number, question in enumerate(item.questions):
        probable = dict(question.answer.top)
        first = {question.answer.label: question.answer.probability}
        offered = list((first | probable).items())[:OFFERED]
        known = {label for label, _ in offered}
        asked.append(
            _Asked(
                number, question, offered, [each for each in labels.get(question.attribute, ()) if each not in known]
            )
        )
    return asked
