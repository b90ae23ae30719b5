"""How the tables came to be what they are, one file a step. A step that has been released is never changed."""
