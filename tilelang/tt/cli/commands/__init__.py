"""The commands, a file for those that share what they do."""
