"""Commands about vision towers."""
