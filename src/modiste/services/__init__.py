"""What users touch: tagging photos with a bundle; Keras is never in the process."""
