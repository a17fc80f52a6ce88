#!/bin/sh
# The full tier from nothing. Not run to its end yet: no weights of this size are shipped.
#   DEVICE="--device cuda --bf16" UNTIL=06:00 training/runs/full.sh     # one GPU; prefix with LAUNCH for many:
#   LAUNCH="torchrun --nproc-per-node 8 -m" …                           # eight GPUs, the same checkpoint and log
# Without DEVICE it trains on two CPU cores, which takes days. Killed at any moment, the same command resumes.
# In half an hour of one GPU: lease.sh.
set -eu
export OMP_WAIT_POLICY=PASSIVE PYTHONPATH="${PYTHONPATH:-src}"
work=${WORK:-.tercet-train/full}
until=${UNTIL:?time of day at which to end, e.g. UNTIL=06:00}
device=${DEVICE:-}
case $device in
*cuda*) size="--tokens-per-batch 65536 --batches-per-step 2 --producers ${PRODUCERS:-12}" ;;
*) size="--tokens-per-batch 2048 --max-long 6000" ;;
esac
train="${LAUNCH:-python -m} training.stages.train --config full --work $work --until $until $device $size --long-share 0.04"
[ -f training/tokenizer.json ] || python -m training.stages.tokenizer
[ -f src/tercet/backends/embedded/relevance.json ] || python -m training.stages.relevance
$train --max-steps 1000 --prompt-share 0.05 --prefer-length 300
$train --prompt-share 0 --late --full-share 0.25 --keep '{"gsm8k":0.2,"self_instruct":0.2}'
python -m training.stages.export "$work/checkpoint.pt" "$work/full.gguf" --name tercet-full --recipe training/runs/full.sh
python -m training.stages.parity "$work/checkpoint.pt" "$work/full.gguf"
python -m training.stages.evaluate --gguf "$work/full.gguf" --out "$work/skill.json"
python -m training.stages.export "$work/checkpoint.pt" "$work/full.gguf" --name tercet-full --recipe training/runs/full.sh \
    --skill "$work/skill.json"
