#!/bin/sh
# The nano tier from nothing: tokenizer, hints, four stretches of training until a time of day, export, dev figures.
# Run from the repository root. Killed at any moment, the same command resumes from the last checkpoint.
# Shipped weights: about 3.6 hours on two shared cores (training/LOG.md). Copying forms after 4 to 5 million tokens; the
# prompt is learnt until then. The last stretch takes whatever time is left and decays the learning rate over its end.
set -eu
export OMP_WAIT_POLICY=PASSIVE PYTHONPATH="${PYTHONPATH:-src}"
work=${WORK:-.tercet-train/nano}
until=${UNTIL:?time of day at which to end, e.g. UNTIL=22:15}
train="python -m training.stages.train --config nano --work $work --until $until --tokens-per-batch 1408"
dense='{"gsm8k":0.05,"self_instruct":0.1,"reading":0.5,"sgd":0.3,"catalog/chain":0.4}'
[ -f training/tokenizer.json ] || python -m training.stages.tokenizer
[ -f src/tercet/backends/embedded/relevance.json ] || python -m training.stages.relevance
[ -f src/tercet/backends/embedded/drafts/table.json ] || python -m training.stages.drafts
[ -f src/tercet/backends/embedded/fit.json ] || python -m training.stages.fit
[ -f src/tercet/backends/embedded/several.json ] || python -m training.stages.several
if [ ! -f "$work/grown" ]; then
    shallow="$train --shape {\"num_layers\":8}"
    $shallow --max-steps 800 --prompt-share 0.05 --prefer-length 300
    $shallow --max-steps 8800 --prompt-share 0 --prefer-length 500 --full-share 0.25 --late --keep "$dense"
    python -m training.stages.grow "$work/checkpoint.pt" "$work/grown.pt" --layers 2
    mv "$work/grown.pt" "$work/checkpoint.pt" && touch "$work/grown"
fi
$train --late --prompt-share 0 --prefer-length 500 --full-share 0.25 --matrix-lr 0.012 --vector-lr 0.002 \
    --decay-share 0.18 --keep "$dense"
python -m training.stages.export "$work/checkpoint.pt" "$work/nano.gguf" --name tercet-nano
python -m training.stages.evaluate --gguf "$work/nano.gguf" --out "$work/skill.json"
python -m training.stages.export "$work/checkpoint.pt" "$work/nano.gguf" --name tercet-nano --skill "$work/skill.json"
