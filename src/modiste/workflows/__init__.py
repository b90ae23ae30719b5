"""Whole jobs: config in, result out; what the command line and Python users call."""
