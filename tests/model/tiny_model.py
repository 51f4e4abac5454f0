"""Writes two models of a few kilobytes: a real architecture, a vocabulary of bytes and words, no training.

Run by the environment of ``make test-model``: ``python tiny_model.py <path> talks|thinks``.
"""

import itertools
import sys
from collections.abc import Callable

import gguf
import numpy as np

CONTEXT = 8192
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)

WORDS = [f"▁{syllable}{other}" for syllable in ("ka", "lo", "mi", "nu", "pe", "ré", "語") for other in ("", "ta", "so")]
"""What the model that talks knows."""

THOUGHT = ["<think>", *(f"▁{word}" for word in "one and three are added".split()), "</think>"]
ANSWER = [f"▁{word}" for word in "It is four.".split()]
"""What the model that thinks says; each word but once, because it leads to the next."""


def talks(path: str) -> None:
    """Writes a model of random weights that says random words without an end; the same one every time."""
    random = np.random.default_rng(7)
    layers, width, inner = 2, 32, 64
    tokens = ["<unk>", "<s>", "</s>", *BYTES, *WORDS]

    def normal(deviation: float, *shape: int) -> np.ndarray:
        return random.normal(0, deviation, shape).astype(np.float32)

    # Bytes are never the likeliest, so that what it says is text.
    output = normal(2, len(tokens), width)
    output[: 3 + len(BYTES)] = 0
    write(
        path,
        tokens,
        embedding=normal(0.5, len(tokens), width),
        layers=[{part: normal(0.5, *shape) for part, shape in parts(width, inner).items()} for _ in range(layers)],
        output=output,
    )


def thinks(path: str) -> None:
    """Writes a model in which each token leads to one other: ``:`` to the thought, that to the answer and its end."""
    words = [*THOUGHT, *ANSWER]
    tokens = ["<unk>", "<s>", "</s>", *BYTES, *words]
    width = len(tokens) + len(tokens) % 2
    said = [BYTES[ord(":")], *THOUGHT, *ANSWER, "</s>"]
    output = np.zeros((len(tokens), width), dtype=np.float32)
    for before, after in itertools.pairwise(said):
        output[tokens.index(after), tokens.index(before)] = 4
    # Layers of zeros pass on what comes in: which token was the last.
    nothing = {part: np.zeros(shape, dtype=np.float32) for part, shape in parts(width, 32).items()}
    write(path, tokens, embedding=np.eye(len(tokens), width, dtype=np.float32), layers=[nothing], output=output)


def parts(width: int, inner: int) -> dict[str, tuple[int, int]]:
    """The matrices of one layer and their shapes."""
    square = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (width, width))
    return {**square, "ffn_gate": (inner, width), "ffn_up": (inner, width), "ffn_down": (width, inner)}


def write(
    path: str, tokens: list[str], *, embedding: np.ndarray, layers: list[dict[str, np.ndarray]], output: np.ndarray
) -> None:
    width, kinds = embedding.shape[1], gguf.TokenType
    words = [kinds.USER_DEFINED if token.startswith("<") else kinds.NORMAL for token in tokens[3 + len(BYTES) :]]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(len(layers))
    writer.add_feed_forward_length(layers[0]["ffn_up"].shape[0])
    heads = 4 if width % 8 == 0 else 1
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // heads)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * len(BYTES), *words])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)

    writer.add_tensor("token_embd.weight", embedding)
    for number, layer in enumerate(layers):
        for part, weights in layer.items():
            writer.add_tensor(f"blk.{number}.{part}.weight", weights)
        for part in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{number}.{part}.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("output_norm.weight", np.ones(width, dtype=np.float32))
    writer.add_tensor("output.weight", output)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    path, kind = sys.argv[1:]
    kinds: dict[str, Callable[[str], None]] = {"talks": talks, "thinks": thinks}
    kinds[kind](path)
