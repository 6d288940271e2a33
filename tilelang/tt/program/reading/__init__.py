"""Reading a tile program from JSON, every fault a ValueError that names its place."""
