"""Adapters to frameworks that people train with; each is imported only when asked for."""
