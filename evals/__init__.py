"""Measuring models through the HTTP API: any server that speaks Chat Completions, ours or another.

It is a client: it imports nothing of the service. `python -m evals --help`.
"""
