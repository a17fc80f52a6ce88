"""What a small model may tell of its tools' results: their facts, the conversation's words, and plain words."""
