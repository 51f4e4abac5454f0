"""Writes a model of a few kilobytes: a real architecture, random weights, a vocabulary of bytes and words.

Run by the environment of ``make test-model``: ``python tiny_model.py <path>``.
"""

import sys

import gguf
import numpy as np

LAYERS, WIDTH, HEADS, INNER, CONTEXT = 2, 32, 4, 64, 8192
WORDS = [f"▁{syllable}{other}" for syllable in ("ka", "lo", "mi", "nu", "pe", "ré", "語") for other in ("", "ta", "so")]
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def write(path: str) -> None:
    """Writes the model; the same one every time."""
    random = np.random.default_rng(7)
    special, count = ["<unk>", "<s>", "</s>"], 3 + 256 + len(WORDS)
    types = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 2, *[gguf.TokenType.BYTE] * 256]

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(count)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*special, *[f"<0x{byte:02X}>" for byte in range(256)], *WORDS])
    writer.add_token_scores([0.0] * count)
    writer.add_token_types([*types, *[gguf.TokenType.NORMAL] * len(WORDS)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)

    def weights(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.5, shape).astype(np.float32))

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, dtype=np.float32))

    weights("token_embd", count, WIDTH)
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{layer}.{part}", WIDTH, WIDTH)
        for part in ("ffn_gate", "ffn_up"):
            weights(f"blk.{layer}.{part}", INNER, WIDTH)
        weights(f"blk.{layer}.ffn_down", WIDTH, INNER)
        ones(f"blk.{layer}.attn_norm")
        ones(f"blk.{layer}.ffn_norm")
    ones("output_norm")
    # Bytes are never the likeliest, so that what it says is text.
    output = random.normal(0, 2, (count, WIDTH)).astype(np.float32)
    output[: 3 + 256] = 0
    writer.add_tensor("output.weight", output)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
