"""What runs in the process that has the device open. Each job takes the device first."""
