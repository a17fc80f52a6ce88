"""The table of the product's drafts: what it is learnt from, and how."""
