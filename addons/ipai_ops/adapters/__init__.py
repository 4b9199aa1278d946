"""TOUCH: one file per tool; the only files that import docker, requests or subprocess."""
