"""What a tagger can be asked for: one check for the command line and for Python."""

from modiste.errors import ConfigError

__all__ = ["check_wanted"]


def check_wanted(*, precision: float, top: int) -> None:
    """Makes sure that a tagger can do what is wanted.

    Args:
        precision: What the accepted answers should have.
        top: How many labels to name for each attribute.

    Raises:
        ConfigError: The precision is not above 0 and below 1, or not even one label is to be named.
    """
    if not 0 < precision < 1:
        raise ConfigError(f"must be above 0 and below 1, not {precision}", where="precision", fix="give 0.98, say")
    if top < 1:
        raise ConfigError(f"must be at least 1, not {top}", where="top", fix="give how many labels to name")
