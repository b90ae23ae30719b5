"""Modiste reads a photo of a fashion product and says what it is."""

__version__ = "0.1.0"
