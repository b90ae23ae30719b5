"""The review page: one photo at a time, highest priority first, by keys or by pointing, and without scripts too."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from modiste.catalogue.combinations import Combinations
from modiste.catalogue.corrections import corrections_csv
from modiste.review.items import LONGEST, REASONS, Progress, Question, Reason, ReviewItem
from modiste.serving.pages.site import Site
from modiste.serving.reviewing import Reviewing
from modiste.serving.sessions import Session

__all__ = ["ANOTHER", "review_page", "review_pages"]

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
    "carried": "Saved. So are the labels that follow from it. U takes that back.",
    "undone": "Taken back; here it is again.",
    "nothing": "There is nothing of yours left to take back.",
}


@dataclass(frozen=True)
class _Shown:
    """A question as the page shows it.

    Attributes:
        number: Counts them, for the page's ids.
        of: The question.
        label: The label that is chosen; None where the reviewer has to choose one.
        offered: Labels with their probabilities, None where nobody knows one: the suggested label and the catalogue's
            first.
        others: All other labels, those that fit first.
        fitting: The labels that fit what was chosen elsewhere, where several do and one must be chosen.
    """

    number: int
    of: Question
    label: str | None
    offered: list[tuple[str, float | None]]
    others: list[str]
    fitting: tuple[str, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether a person has to decide it."""
        return self.of.open or bool(self.fitting)


def review_pages(site: Site, reviewing: Reviewing) -> APIRouter:
    """Returns the routes of the pages.

    Args:
        site: Makes pages.
        reviewing: Asks the queue.
    """
    router = site.pages("/review")
    store = reviewing.store

    @router.get("/")
    async def queue(
        request: Request,
        session: Annotated[Session, site.session],
        note: str = "",
        reason: Annotated[Reason | None, Query()] = None,
    ) -> Response:
        item = await reviewing.ask(store.claim, session.who, reason) if session.who else None
        return await review_page(site, reviewing, request, session, item=item, reason=reason, note=NOTES.get(note))

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
        return site.page(
            request, session, "record.html", rows=rows, earlier=earlier, progress=progress, reasons=REASONS
        )

    @router.get("/corrections.csv")
    async def corrections() -> Response:
        content = corrections_csv(await reviewing.ask(store.corrections))
        headers = {"Content-Disposition": 'attachment; filename="corrections.csv"'}
        return Response(content, media_type="text/csv", headers=headers)

    return router


async def review_page(
    site: Site,
    reviewing: Reviewing,
    request: Request,
    session: Session,
    *,
    item: ReviewItem | None,
    reason: Reason | None,
    note: str | None,
    labels: Mapping[str, tuple[str, ...]] | None = None,
) -> Response:
    """Returns the page on which a photo is reviewed.

    Args:
        site: Makes pages.
        reviewing: Asks the queue.
        request: The request for the page.
        session: The session of whoever asks for it.
        item: The photo; None where there is none.
        reason: The reason that the reviewer goes by; None for all.
        note: What to say above it.
        labels: Attribute -> the label that is chosen there, or those to choose from; None for a photo that nobody has
            said anything of yet.
    """
    store = reviewing.store
    by_reason = await reviewing.ask(store.progress_by_reason)
    total = sum(by_reason.values(), Progress())
    shown: list[_Shown] = []
    together = Combinations()
    if item is not None:
        shown = _shown(item, await reviewing.ask(store.labels, item.bundle), labels or {})
        together = await reviewing.ask(store.combinations, item.bundle)
    return site.page(
        request,
        session,
        "review.html",
        progress=total if reason is None else by_reason.get(reason, Progress()),
        total=total,
        by_reason=by_reason,
        reason=reason,
        reasons=REASONS,
        item=item,
        asked=[each for each in shown if each.asked],
        settled=[each for each in shown if not each.asked],
        together=asdict(together) if together.rows else None,
        note=note,
        another=ANOTHER,
        longest=LONGEST,
    )


def _shown(
    item: ReviewItem, known: Mapping[str, tuple[str, ...]], labels: Mapping[str, tuple[str, ...]]
) -> list[_Shown]:
    shown = []
    for number, question in enumerate(item.questions):
        fitting = labels.get(question.attribute, ())
        label = question.chosen or question.proposed
        if fitting:
            label = fitting[0] if len(fitting) == 1 else None
        offered = _offered(question)
        others = [each for each in known.get(question.attribute, ()) if each not in offered]
        others.sort(key=lambda each, fitting=fitting: each not in fitting)  # type: ignore[misc]
        asks = fitting if len(fitting) > 1 else ()
        shown.append(_Shown(number, question, label, list(offered.items()), others, asks))
    return shown


def _offered(question: Question) -> dict[str, float | None]:
    """Returns label -> probability of the labels to offer at once: the suggested one, the catalogue's, and the most
    probable ones.
    """
    probabilities = dict(question.top)
    if question.suggested_label is not None and question.probability is not None:
        probabilities[question.suggested_label] = question.probability
    named = (question.suggested_label, question.catalogue_label, *(label for label, _ in question.top))
    labels = dict.fromkeys(label for label in named if label is not None)
    return {label: probabilities.get(label) for label in list(labels)[:OFFERED]}
