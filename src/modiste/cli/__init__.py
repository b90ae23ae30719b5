"""One file a verb: parse, call one workflow, print."""
