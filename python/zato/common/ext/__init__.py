"""Libraries that Zato carries under a path of its own (reference service-api 1.3)."""
