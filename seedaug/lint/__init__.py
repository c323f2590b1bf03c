"""The linter: finds random draws that repeat in data loading, from the sources alone."""
