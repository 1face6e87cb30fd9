"""Read the settings: command line over environment over secret files over ``config.toml`` over defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from bot.config.kinds import passwords_in, sqlite_path
from bot.config.layers import Key, Layer, laid_over, lines_of
from bot.config.mistakes import complaint, explained, unknown_variables
from bot.config.model import Settings
from bot.domain.errors import ConfigError

_SECRETS: tuple[Key, ...] = (
    ("telegram", "token"),
    ("telegram", "webhook_secret"),
    ("privacy", "pepper"),
    ("sources", "generic", "secrets"),
)
_DATABASE: Key = ("database", "url")
_NO_TOKEN = (
    "telegram.token: is missing. @BotFather gives one; put it into the environment variable CES_TELEGRAM__TOKEN, "
    "into a file named by telegram.token_file, or into telegram.token."
)


def load(
    path: Path | None, overrides: Mapping[str, Any] | None = None, *, needs_token: bool = False
) -> Settings:
    """The settings from the TOML file at ``path`` (``None``: no file), the environment and ``overrides``.

    ``overrides`` is nested like the file: ``{"survey": {"delay": "5s"}}``. Relative paths, the SQLite file among
    them, are relative to the settings' own folder (no file: the working directory), so that every command finds
    the same database wherever it is started. Raises ConfigError that lists every mistake, without any secret.
    """
    layers = [Layer("command line", "command line", overrides or {})]
    lines = unknown_variables(os.environ, Settings)
    layers.append(Layer("environment", "environment", EnvSettingsSource(Settings)()))
    file = _file_layer(path) if path else None
    base = path.resolve().parent if path else Path.cwd()
    named = [*layers, file] if file else layers
    secret, wrong = _secret_layer(named, base)
    if secret:
        layers.append(secret)
    lines += wrong
    if file:
        layers.append(file)

    merged = laid_over(layers)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        lines = explained(error, layers, Settings) + lines
        settings = None
    telegram = merged.get("telegram")
    has_token = isinstance(telegram, Mapping) and bool(telegram.get("token"))
    if needs_token and not has_token and not wrong:
        lines.append(_NO_TOKEN)
    if lines or settings is None:
        raise complaint(lines)
    return _at_home(settings, base).read_from(path, holds_secret=file is not None and _holds_secret(file))


def _file_layer(path: Path) -> Layer:
    try:
        text = path.read_text("utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Begin with a copy of config.example.toml.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise complaint([f"{path}: is not TOML: {error}."]) from None
    return Layer("file", str(path), values, lines_of(text))


def _secret_layer(layers: list[Layer], base: Path) -> tuple[Layer | None, list[str]]:
    """The token from ``telegram.token_file``, and a line where that file cannot be read.

    Not looked at where the command line or the environment holds a token: those win anyway.
    """
    if any(layer.kind != "file" and layer.has(("telegram", "token")) for layer in layers):
        return None, []
    key = ("telegram", "token_file")
    layer = next((layer for layer in layers if layer.has(key)), None)
    if layer is None or not isinstance(layer.get(key), str | Path):
        return None, []
    file = base / Path(layer.get(key)).expanduser()
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a text"
        return None, [f"{layer.place(key)}: {file} cannot be read ({why})."]
    if not token:
        return None, [f"{layer.place(key)}: {file} is empty."]
    return Layer("secret file", f"token file {file}", {"telegram": {"token": token}}), []


def _holds_secret(file: Layer) -> bool:
    """Whether the file says anything that nobody else may read: a secret of ours, or the database's password."""
    url = file.get(_DATABASE) if file.has(_DATABASE) else ""
    return any(file.has(key) and file.get(key) for key in _SECRETS) or any(passwords_in(str(url)))


def _at_home(settings: Settings, base: Path) -> Settings:
    """The same settings with absolute paths."""
    changed: dict[str, Any] = {}
    database = sqlite_path(settings.database.url)
    if database:
        url = f"sqlite:///{base / database.expanduser()}"
        changed["database"] = settings.database.model_copy(update={"url": url})
    privacy = settings.privacy
    own_files = {"pepper_file": privacy.pepper_file, "erasures_file": privacy.erasures_file}
    if any(own_files.values()):
        placed = {name: base / file.expanduser() for name, file in own_files.items() if file}
        changed["privacy"] = privacy.model_copy(update=placed)
    if settings.telegram.token_file:
        token_file = base / settings.telegram.token_file.expanduser()
        changed["telegram"] = settings.telegram.model_copy(update={"token_file": token_file})
    return settings.model_copy(update=changed)
