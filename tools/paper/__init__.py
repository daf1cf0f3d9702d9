"""The book for paper: one document from the built pages, printed and finished as a PDF."""
