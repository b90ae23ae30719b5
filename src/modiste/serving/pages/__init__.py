"""Pages for people, rendered on the server. Scripts make them quicker to use; tagging and reviewing work without."""
