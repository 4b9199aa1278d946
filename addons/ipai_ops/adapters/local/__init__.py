"""Files of this machine: the only adapters that models and controllers may call."""
