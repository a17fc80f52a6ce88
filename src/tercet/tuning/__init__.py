"""Fine-tuning a model on its user's own calls: reading examples, rendering, learning, export. Needs the `train` extra.

Torch and transformers are imported by the modules that use them, none of them by this one.
"""
