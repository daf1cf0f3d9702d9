"""What runs in a page: Python, and nothing that its policy forbids."""
