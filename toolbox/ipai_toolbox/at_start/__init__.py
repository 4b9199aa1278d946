"""Programs that Python itself reads when it starts in a target; the folder is put on its path."""
