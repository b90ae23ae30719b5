"""How good: arrays in, numbers out; knows no files and no Keras."""
