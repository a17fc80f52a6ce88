#!/bin/sh
# What lease.sh needs on a machine without a network: the training sources, and wheels of what its Python may lack, in
# .lease/ (about 37 MB). PYTHON_VERSION and PLATFORM are those of that machine. torch, numpy, tokenizers and jinja2 it
# must have; matplotlib for the pictures.
set -eu
cd "$(dirname "$0")/../.."
data=${TERCET_DATA:-../shared/data}
rm -rf .lease && mkdir .lease
tar czf .lease/data.tar.gz --dereference -C "$(dirname "$data")" --transform "s,^$(basename "$data"),data," "$(basename "$data")"
for platform in ${PLATFORM:-manylinux_2_28_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64}; do
    platforms="${platforms:-} --platform $platform"
done
python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version "${PYTHON_VERSION:-3.12}" \
    --implementation cp $platforms -d .lease gguf jsonschema-rs
du -ch .lease/*
