"""What touches the world: the provider over HTTP, and the key file."""
