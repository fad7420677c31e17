"""The server's own database under its import path of 2.0 to 4.1 (reference service-api 1.3)."""
