"""Serves a GGUF file with llama.cpp until the process is stopped. Needs xllamacpp alone."""

from __future__ import annotations

import argparse
import threading
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Serve on the loopback address, one conversation at a time, on one thread."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--adapter")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--no-flash-attention", action="store_true")
    options = parser.parse_args()

    import xllamacpp

    parameters: Any = xllamacpp.CommonParams()
    parameters.model.path = options.model
    parameters.model_alias = {options.name}
    if options.adapter:
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path, adapter.scale = options.adapter, 1.0
        parameters.lora_adapters = [adapter]
    parameters.hostnames, parameters.port = ["127.0.0.1"], options.port
    parameters.n_ctx, parameters.n_parallel = options.context, 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    cache = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{options.cache.upper()}")
    parameters.cache_type_k = parameters.cache_type_v = cache
    # Quantized values need flash attention, so both arms of a comparison use it.
    flash = "DISABLED" if options.no_flash_attention else "ENABLED"
    parameters.flash_attn_type = getattr(xllamacpp.llama_flash_attn_type, f"LLAMA_FLASH_ATTN_TYPE_{flash}")
    server = xllamacpp.Server(parameters)
    threading.Event().wait()
    del server


if __name__ == "__main__":
    main()
