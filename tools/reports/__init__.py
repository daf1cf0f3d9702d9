"""Numbers about the book: what its tests count, what its pages cost."""
