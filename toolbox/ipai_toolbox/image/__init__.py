"""Programs that run while an image is built, inside its base image."""
