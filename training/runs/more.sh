#!/bin/sh
# More training for shipped weights: opens nano's GGUF, trains until a time of day, exports, measures.
# Run from the repository root. Killed at any moment, the same command resumes from the last checkpoint.
set -eu
export OMP_WAIT_POLICY=PASSIVE PYTHONPATH="${PYTHONPATH:-src}"
work=${WORK:-.tercet-train/more}
until=${UNTIL:?time of day at which to end, e.g. UNTIL=22:15}
[ -f "$work/checkpoint.pt" ] || python -m training.stages.reopen src/tercet/models/nano.gguf "$work/checkpoint.pt"
python -m training.stages.train --config nano --work "$work" --until "$until" --tokens-per-batch 1408 --late \
    --prompt-share 0 --prefer-length 600 --full-share 0.2 --matrix-lr 0.004 --vector-lr 0.0008 --decay-share 0.9 \
    --spare sgd/ask sgd/told sgd/later catalog/ask browsing \
    --keep '{"gsm8k":0.05,"self_instruct":0.1,"reading":0.5,"catalog/chain":0.5}'
python -m training.stages.export "$work/checkpoint.pt" "$work/nano.gguf" --name tercet-nano --weights average
python -m training.stages.evaluate --gguf "$work/nano.gguf" --out "$work/skill.json"
python -m training.stages.export "$work/checkpoint.pt" "$work/nano.gguf" --name tercet-nano --weights average \
    --recipe training/runs/more.sh --skill "$work/skill.json"
