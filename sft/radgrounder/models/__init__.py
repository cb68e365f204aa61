"""The processor, a base for training, the released model, and the small base of our own."""
