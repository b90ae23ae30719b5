"""Reports as one HTML file each: styles, charts and pictures inside, no script, nothing to fetch.

A catalogue may say anything, so the templates escape every value, and the page tells the browser to run no
script and to load nothing (its Content-Security-Policy).
"""

from modiste.reports.pages.catalogue import findings_part, inspection_page
from modiste.reports.pages.study import study_page
from modiste.reports.pages.tagger import tagger_page

__all__ = ["findings_part", "inspection_page", "study_page", "tagger_page"]
