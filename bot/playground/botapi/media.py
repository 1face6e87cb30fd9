"""Files and what they look like in messages: sizes, types, durations."""

from __future__ import annotations

import hashlib
import mimetypes
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from bot.playground.botapi.refusals import bad_request

FILE_KINDS = ("photo", "voice", "video", "document", "sticker", "audio", "animation", "video_note")
BIGGEST_DOWNLOAD_BYTES = 20 * 1024 * 1024
_NAMES = {
    "photo": "photo.png",
    "voice": "voice.ogg",
    "video": "video.mp4",
    "document": "document.txt",
    "sticker": "sticker.webp",
    "audio": "audio.mp3",
    "animation": "animation.mp4",
    "video_note": "video_note.mp4",
}
_TYPE_NAMES = {"photo": "Photo", "voice": "VoiceNote", "video_note": "VideoNote"}
_DEFAULT_SIZE = (320, 200)
_LARGEST_SIDES_SUM = 10_000


@dataclass(frozen=True)
class StoredFile:
    """A file as Telegram keeps it."""

    file_id: str
    kind: str
    name: str
    path: str
    content: bytes

    @property
    def unique_id(self) -> str:
        """The same for the same bytes."""
        return hashlib.sha256(self.content).hexdigest()[:16]


class FileStore:
    """All files of one world, by file_id and by download path."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, kind: str, name: str, content: bytes) -> StoredFile:
        """Keep a file. Raises Refusal when it is empty."""
        if not content:
            raise bad_request("file must be non-empty")
        number = len(self._by_id) + 1
        suffix = name[name.rfind(".") :] if "." in name else ""
        stored = StoredFile(
            f"{kind}-{number}-{zlib.crc32(content):08x}",
            kind,
            name,
            f"{kind}s/file_{number}{suffix}",
            content,
        )
        self._by_id[stored.file_id] = self._by_path[stored.path] = stored
        return stored

    def get(self, file_id: str) -> StoredFile:
        """The file with this id. Raises KeyError."""
        return self._by_id[file_id]

    def at(self, path: str) -> StoredFile:
        """The file at this download path. Raises KeyError."""
        return self._by_path[path]

    def reuse(self, kind: str, reference: str) -> StoredFile:
        """The file that a bot names by file_id or URL, to be sent as ``kind``. Raises Refusal."""
        if reference.startswith(("http://", "https://")):
            raise bad_request("failed to get HTTP URL content")
        stored = self._by_id.get(reference)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if stored.kind != kind:
            raise bad_request(f"can't use file of type {_type_name(stored.kind)} as {_type_name(kind)}")
        return stored


def _type_name(kind: str) -> str:
    return _TYPE_NAMES.get(kind, kind.capitalize())


def default_name(kind: str) -> str:
    """A file name for a kind that came without one."""
    return _NAMES[kind]


def described(stored: StoredFile) -> dict[str, Any]:
    """The content part of a message with this file: ``{"photo": [sizes]}``, ``{"voice": {…}}``, …"""
    file: dict[str, Any] = {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.content),
    }
    width, height = picture_size(stored.content) or _DEFAULT_SIZE
    sides = {"width": width, "height": height}
    typed = {"mime_type": mimetypes.guess_type(stored.name)[0] or "application/octet-stream"}
    named = {"file_name": stored.name}
    match stored.kind:
        case "photo":
            return {"photo": [file | sides]}
        case "voice":
            return {"voice": file | {"duration": 3, "mime_type": "audio/ogg"}}
        case "video":
            return {"video": file | sides | {"duration": 3} | typed | named}
        case "audio":
            return {"audio": file | {"duration": 3} | typed | named}
        case "animation":
            animation = file | sides | {"duration": 3} | typed | named
            return {"animation": animation, "document": file | typed | named}
        case "video_note":
            return {"video_note": file | {"length": 240, "duration": 3}}
        case "sticker":
            look = {"type": "regular", "is_animated": False, "is_video": False, "emoji": "🙂"}
            return {"sticker": file | sides | look}
        case _:
            return {"document": file | typed | named}


def check_photo(content: bytes) -> None:
    """Raises Refusal when Telegram could not make a photo of this."""
    size = picture_size(content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > _LARGEST_SIDES_SUM:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF or JPEG; ``None`` for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    return _jpeg_size(content) if content.startswith(b"\xff\xd8") else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def plain_picture(width: int = 320, height: int = 200, shade: int = 0xB0) -> bytes:
    """A grey PNG: what a person sends when nobody says which picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([shade]) * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
