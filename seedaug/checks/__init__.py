"""The live check of a loader: runs in real workers, evidence, verdicts, reports."""
