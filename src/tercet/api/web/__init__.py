"""The page at /runs: sessions as they happen, in a browser. Plain files; what it shows comes over the public API."""
