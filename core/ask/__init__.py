"""Questions in plain words, answered from the catalogue of metrics; the model is optional."""
