"""Sizes, indices and expressions: the nouns that everything else is about."""
