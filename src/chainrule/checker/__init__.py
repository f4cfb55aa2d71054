"""Reads derivations as people write them, and says which line is wrong, why, and how to repair it."""
