"""What a page costs to load and to lay out."""
