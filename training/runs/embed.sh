#!/bin/sh
# The embedding model from nothing: contrastive training on one thread, export, figures on what was held out.
# Run from the repository root with the package on the path. Takes about 4 minutes of CPU time.
set -eu
export OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false PYTHONPATH=src
work=${WORK:-.tercet-train/embed}
mkdir -p "$work"
python -m training.embed.train "$work/embed.pt"
python -m training.embed.export "$work/embed.pt" "$work/embed.gguf"
python -m training.embed.evaluate --gguf "$work/embed.gguf" --out "$work/skill.json"
python -m training.embed.export "$work/embed.pt" "$work/embed.gguf" --skill "$work/skill.json"
