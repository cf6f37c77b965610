"""The readiness check: 36 answers and their evidence to a score, its gaps and a dossier."""
