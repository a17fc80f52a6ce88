"""Answers to messages that offer no tools: read off a text, chosen, computed, in the form that was asked for."""
