"""The shared code of the book: recurrent layers in NumPy with hand-written gradients, their training, and their data."""
