"""The book's questions and terms as flash cards: for Anki, and as a table for everything else."""
