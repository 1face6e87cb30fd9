"""Just enough PNG for comparing pictures: 8-bit RGB and RGBA, every filter, no interlacing."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Pixels:
    """A decoded picture: ``rows`` of ``channels`` bytes per pixel."""

    width: int
    height: int
    channels: int
    rows: tuple[bytes, ...]


def size(png: bytes) -> tuple[int, int]:
    """Width and height, without decoding."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def decode(png: bytes) -> Pixels:
    """The pixels of a PNG."""
    width, height = size(png)
    bits, kind = png[24], png[25]
    assert bits == 8
    channels = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        if name == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, stride = zlib.decompress(packed), width * channels
    rows: list[bytes] = []
    above = bytes(stride)
    for start in range(0, height * (stride + 1), stride + 1):
        above = _unfilter(raw[start], raw[start + 1 : start + 1 + stride], above, channels)
        rows.append(above)
    return Pixels(width, height, channels, tuple(rows))


def mean_difference(one: Pixels, other: Pixels) -> float:
    """The mean difference of the colour values, 0 … 255; pictures of unlike sizes differ by 255."""
    if (one.width, one.height) != (other.width, other.height):
        return 255.0
    total = 0
    for row, other_row in zip(one.rows, other.rows, strict=True):
        for channel in range(3):
            pairs = zip(row[channel :: one.channels], other_row[channel :: other.channels], strict=True)
            total += sum(abs(a - b) for a, b in pairs)
    return total / (one.width * one.height * 3)


def _unfilter(kind: int, line: bytes, above: bytes, channels: int) -> bytes:
    """One line without its filter (PNG specification, 9.2)."""
    if kind == 0:
        return line
    if kind == 2:
        return bytes((value + up) & 255 for value, up in zip(line, above, strict=True))
    done = bytearray(channels) + line
    corners = bytes(channels) + above
    for at in range(channels, len(done)):
        left, up, corner = done[at - channels], above[at - channels], corners[at - channels]
        if kind == 1:
            predicted = left
        elif kind == 3:
            predicted = (left + up) // 2
        else:
            to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            predicted = (
                left if to_left <= to_up and to_left <= to_corner else up if to_up <= to_corner else corner
            )
        done[at] = (done[at] + predicted) & 255
    return bytes(done[channels:])
