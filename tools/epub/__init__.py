"""The book for e-readers: an EPUB from the built pages."""
