"""What the words of a text are, whatever they are for: days, times, amounts, codes, known words, lines and labels."""
