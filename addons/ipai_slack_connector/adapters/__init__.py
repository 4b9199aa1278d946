"""Touches the world: the only files that speak to Slack."""
