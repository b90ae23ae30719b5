"""What leaves the lab: a trained network as one file that answers without Keras."""
