"""Where gradients are computed: processes on a CPU's cores, or one device per process under torchrun."""
