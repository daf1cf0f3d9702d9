"""What a built site is given, and how it is served: Python for the page, what can be taken along."""
