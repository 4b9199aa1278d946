"""Touches the world: one file per tool."""
