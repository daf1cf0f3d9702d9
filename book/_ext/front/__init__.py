"""What the first page has: a line that a network continues, a figure of some chapter, the map of the book."""
