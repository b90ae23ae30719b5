"""What reviewers send: their name, decisions, skips, and what they take back."""

from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from modiste.catalogue.combinations import Combinations
from modiste.errors import ClaimError, RequestError
from modiste.review.items import LONGEST, REASONS, Reason, ReviewItem
from modiste.serving.pages.review import ANOTHER, review_page
from modiste.serving.pages.site import Site
from modiste.serving.reviewing import Reviewing
from modiste.serving.sessions import Session
from modiste.serving.uploads import Form

__all__ = ["review_forms"]


@dataclass(frozen=True)
class _Sent:
    """A form that somebody who has said their name sent."""

    who: str
    fields: dict[str, str]

    @property
    def item(self) -> int:
        text = self.fields.get("item", "")
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise RequestError(422, "no_item", "the form names no photo", fix="load the page again")
        return int(text)

    @property
    def reason(self) -> str:
        """The reason that the reviewer goes by, empty for all."""
        reason = self.fields.get("reason", "")
        if reason not in {"", *REASONS}:
            raise RequestError(422, "no_such_reason", f"no reason is called {reason!r}", fix="load the page again")
        return reason


def review_forms(site: Site, reviewing: Reviewing) -> APIRouter:
    """Returns the routes of what is sent.

    Args:
        site: Knows who may send.
        reviewing: Asks the queue.
    """
    router = site.forms("/review")
    store = reviewing.store

    async def decision(
        session: Annotated[Session, site.session],
        form: Annotated[Form, site.form],
    ) -> _Sent:
        if not session.who:
            raise RequestError(422, "no_name", "nobody knows who decides", fix="say first who you are")
        return _Sent(session.who, form.fields)

    @router.post("/name")
    async def name(
        request: Request,
        session: Annotated[Session, site.session],
        form: Annotated[Form, site.form],
    ) -> Response:
        who = " ".join(form.fields.get("who", "").split())
        if len(who) > LONGEST or not who.isprintable():
            fix = f"give at most {LONGEST} printable characters"
            raise RequestError(422, "no_name", "that is no name", fix=fix)
        if session.who and form.fields.get("item"):
            # Nobody by that name will go on with it.
            await reviewing.ask(store.release, _Sent(session.who, form.fields).item, session.who)
        return site.keep(request, _queue(_Sent(who, form.fields).reason), replace(session, who=who))

    @router.post("/decide")
    async def decide(
        request: Request,
        session: Annotated[Session, site.session],
        sent: Annotated[_Sent, Depends(decision)],
    ) -> Response:
        item, reason = await reviewing.ask(store.item, sent.item), sent.reason
        labels = _chosen(item, sent.fields, await reviewing.ask(store.labels, item.bundle))
        said, others = _made_to_fit(item, sent.fields, labels, await reviewing.ask(store.combinations, item.bundle))
        if any(len(each) != 1 for each in others.values()):
            return await review_page(
                site,
                reviewing,
                request,
                session,
                item=item,
                reason=cast("Reason", reason) if reason else None,
                note=said,
                labels=others,
            )
        labels |= {name: fitting[0] for name, fitting in others.items()}
        return await _noted(
            reviewing.ask(store.decide, item.id, sent.who, labels), "carried" if others else "decided", reason
        )

    @router.post("/skip")
    async def skip(sent: Annotated[_Sent, Depends(decision)]) -> Response:
        item, reason = sent.item, sent.reason
        return await _noted(reviewing.ask(store.skip, item, sent.who), "skipped", reason)

    @router.post("/undo")
    async def undo(sent: Annotated[_Sent, Depends(decision)]) -> Response:
        return await _undo(reviewing, sent)

    return router


async def _undo(reviewing: Reviewing, sent: _Sent) -> Response:
    """Gives a reviewer their last decision back, and returns the way to it."""
    store, reason = reviewing.store, sent.reason
    if sent.fields.get("item"):
        # Whoever gets a photo back cannot look at another one as well.
        await reviewing.ask(store.release, sent.item, sent.who)
    try:
        item = await reviewing.ask(store.undo, sent.who)
    except ClaimError:
        return _queue(reason, "taken")
    if item is None:
        return _queue(reason, "nothing")
    # A page for one reason would not show a photo that is in the queue for another one.
    return _queue(reason if item.reason == reason else "", "undone")


async def _noted(work: Awaitable[object], note: str, reason: str) -> Response:
    """Returns the way back to the queue, with a note of what became of what was sent.

    Args:
        work: Tells the queue what the reviewer sent.
        note: What to say where it is done.
        reason: The reason that the reviewer goes by, empty for all.
    """
    try:
        await work
    except ClaimError:
        note = "taken"
    return _queue(reason, note)


def _queue(reason: str, note: str = "") -> Response:
    query = urlencode({name: value for name, value in (("reason", reason), ("note", note)) if value})
    return RedirectResponse(f"/review/?{query}" if query else "/review/", 303)


def _chosen(item: ReviewItem, fields: dict[str, str], labels: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Returns the labels that a form gives a photo, without those that were only shown and left as they are.

    Raises:
        RequestError: It leaves out an attribute that is open, or gives a label that there is not.
    """
    chosen = {}
    for number, question in enumerate(item.questions):
        label, name = _label(fields, number), question.attribute
        if not label:
            if question.open:
                raise RequestError(
                    422, "no_label", f"{name} has no label", fix="choose one for each, or skip the photo"
                )
            continue
        if label not in {*labels.get(name, ()), question.suggested_label, question.catalogue_label}:
            raise RequestError(422, "no_such_label", f"{name} has no label {label!r}", fix="choose one from the list")
        if question.open or question.chosen or label != question.proposed:
            chosen[name] = label
    return chosen


def _label(fields: dict[str, str], number: int) -> str:
    """Returns the label that a form gives in answer to a question; empty where it gives none."""
    label = fields.get(f"label-{number}", "")
    return fields.get(f"another-{number}", "") if label == ANOTHER else label


def _made_to_fit(
    item: ReviewItem, fields: dict[str, str], chosen: Mapping[str, str], together: Combinations
) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Returns what to say, and attribute -> what its label must be, or may be, so that no label contradicts another.

    What the reviewer changed counts; what was left as it was shown follows. Nothing is returned where all fit.
    """
    shown = {each.attribute: each.chosen or each.proposed for each in item.questions}
    sent = {each.attribute: _label(fields, number) for number, each in enumerate(item.questions)}
    labels = {name: sent[name] or shown[name] for name in together.attributes if name in shown}
    if together.allow(labels):
        return "", {}
    changed = {name: label for name, label in labels.items() if label != shown[name]}
    changed = changed or {name: label for name, label in labels.items() if name in chosen} or labels
    told = together.told(changed)
    if together.allow(changed):
        others = together.choices(changed, labels)
        unclear = [name for name, fitting in others.items() if len(fitting) > 1]
        said = f"Several labels of {' and '.join(unclear)} go with {told}: choose one."
    else:
        # The last level is the finest, so that the others mostly follow from it.
        others = {
            name: tuple(dict.fromkeys(row[at] for row in together.rows)) for at, name in _levels(changed, together)
        }
        said = f"No product is {told}: choose again."
    return said, others | {name: (label,) for name, label in chosen.items() if name not in others}


def _levels(changed: Mapping[str, object], together: Combinations) -> Iterator[tuple[int, str]]:
    return ((at, name) for at, name in enumerate(together.attributes) if name in changed)
