"""Zato: hot-deployed Python services on a Rust server. Nothing is imported here, so that the CLI starts at once."""
