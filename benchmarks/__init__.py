"""Benchmarks: seedaug beside what users would pick instead, in one process (`make bench`)."""
