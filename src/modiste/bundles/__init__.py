"""The tagger that ships: `default.modiste`."""
