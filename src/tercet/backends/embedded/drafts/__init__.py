"""Drafts of a call's arguments, made without the model: which words of a request fill which parameter."""
