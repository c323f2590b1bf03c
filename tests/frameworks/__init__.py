"""The contract of loaders, run under the frameworks that people train with."""
