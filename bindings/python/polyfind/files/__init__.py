"""Polygons and points from files of every usual form, and answers about them into files."""
