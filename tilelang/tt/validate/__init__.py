"""Showing on a device that what the metadata says is so."""
