"""Pages for people, made on the server; scripts make them quicker to use, and the tag page needs none."""
