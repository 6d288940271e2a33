"""Ways to open a device. backend.py says what one is, and devices.py chooses one."""
