"""The database of reviews: which answers people should look at, and what they decided. It knows nothing of HTTP."""
