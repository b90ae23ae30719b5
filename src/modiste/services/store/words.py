"""What reviewers type, and names from strangers, as text that every database and every page can hold."""

from modiste.errors import StoreError

__all__ = ["LONGEST", "checked", "storable"]

LONGEST = 200
"""Characters of a name or a label."""


def checked(text: str, what: str) -> str:
    """Returns a name or a label that somebody typed, without blanks around it.

    Args:
        text: What was typed.
        what: What it is, for the error.

    Raises:
        StoreError: It is empty, long, or holds what cannot be printed.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise StoreError(
            f"{text[:LONGEST]!r} is no {what}",
            fix=f"give 1 to {LONGEST} characters on one line, without control characters",
        )
    return text


def storable(text: str) -> str:
    """Returns text without what no database holds: NUL characters and halves of characters become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
