"""What `script/server` does, one concern a file; needs nothing but Python's standard library."""
