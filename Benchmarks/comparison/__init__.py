"""Measures Secure Proxy beside other people's proxies and writes results.json; RESULTS.md says what is in it."""
