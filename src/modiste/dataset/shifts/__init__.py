"""Shifts of domain: the same products as somebody else would photograph and process them.

A network that learns from one shop's pictures takes for meaning whatever all of them have in common: a white ground,
one crop, one way of being resized and stored. So training sees each picture framed, lit and processed otherwise, and
set on other grounds; and what it then makes of pictures of another domain is measured on named shifts (`kinds`).
"""
