"""The database of reviews: which photos people should review, why, and what they decided. It knows nothing of HTTP."""
