"""Models: what requests and responses consist of, as dataclasses (reference service-api 5.8)."""
