"""E6: a schedule, and schedules that are wrong on purpose, on an open device."""
