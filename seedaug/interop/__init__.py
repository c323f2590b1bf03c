"""Neighbours: one module for each kind of data or library that seedaug's transforms also accept."""
