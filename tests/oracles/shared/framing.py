"""Parts in one string of bytes that can be taken apart again."""


def framed(label: bytes, *parts: bytes) -> bytes:
    return label + b"".join(len(part).to_bytes(8, "big") + part for part in parts)
