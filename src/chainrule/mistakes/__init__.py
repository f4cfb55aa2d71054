"""The typical mistakes in derivations of gradients: their names and what is to be said of each."""
