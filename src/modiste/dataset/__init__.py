"""What the model sees: pictures as pixels, their copies, the split."""
