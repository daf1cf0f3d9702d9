"""What stands on a page and how it reads: formulas, numbers, figures, the page of the package."""
