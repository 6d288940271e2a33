"""E1 to E5: a tensor's descriptor, and descriptors that are wrong on purpose, on an open device."""
