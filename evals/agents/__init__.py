"""Agent tasks of two to four tool steps: on files in a sandbox, and on a small shop in a real browser."""
