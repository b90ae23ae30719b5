"""The other side: the study's network in plain Keras, in an environment of its own with TensorFlow."""
