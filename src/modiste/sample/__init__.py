"""The drawn catalogue: the embedded default of the demo and the tests."""
