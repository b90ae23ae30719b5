"""The networks and how they learn; Keras lives here and nowhere else."""
