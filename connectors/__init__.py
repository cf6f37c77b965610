"""Ways into the systems cities run; each gives back raw rows and knows nothing of the pipeline."""
