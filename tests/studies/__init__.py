"""Simulations behind the figures in docs/studies.md: seeded, standard library only, anybody can run them again."""
