"""Measures Chatsite beside its floors and a tutorial's consumer: `make bench`. See docs/performance.md."""
