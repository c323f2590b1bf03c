"""The linter's rules, a module for each thing that goes wrong."""
