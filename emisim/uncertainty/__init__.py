"""How sure: distributions of inputs in, intervals and probabilities of results out."""
