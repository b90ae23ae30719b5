"""Products' names: their words, linear models of what they say, and how that goes together with the picture."""
