"""Slides for teachers, made from the pages of the built site."""
