"""The commands that run the service and look after it: serve, admin, and the hidden worker."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from gridder.cli.terminal import JsonOption, print_json
from gridder.config import STORE_FILE, Settings
from gridder.io.key import make_once
from gridder.storage.audit import read_audit
from gridder.storage.engine import migrate, open_store
from gridder.storage.folder import DataFolder
from gridder.storage.ids import is_id
from gridder.storage.keys import ROLES, find_key, list_keys, make_key, new_secret, revoke_key
from gridder.storage.retention import delete_dataset, delete_plan

DAY = 86_400.0
TOKEN_FILE = "admin-token"  # noqa: S105 - the name of a file

admin = typer.Typer(
    name="admin", help="Look after the service: keys, audit log, deletion.", no_args_is_help=True
)
keys = typer.Typer(name="keys", help="Keys of people and programs.", no_args_is_help=True)
admin.add_typer(keys)

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        "-d",
        help="Folder of uploads, plans and the store; by default GRIDDER_DATA_DIR or ./gridder-data.",
    ),
]


def serve_command(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; by default GRIDDER_HOST or 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; by default GRIDDER_PORT or 8000; 0 takes a free one.")
    ] = None,
    data_dir: DataOption = None,
) -> None:
    """Start the service: pages for people, OGC API for programs and GIS. All settings: docs/service.md.

    Example: [cyan]gridder serve --data-dir data[/]
    """
    import asyncio

    import uvicorn

    from api.app import create_app

    settings = _settings(host=host, port=port, data_dir=data_dir)
    _log_as_json()
    application = create_app(settings, worker_command=[sys.executable, "-m", "gridder", "worker"])
    token, is_new = _admin_token(application.state.service.engine, settings.data_dir)
    listener = _listen(settings.host, settings.port)
    _print_address(settings, listener, token if is_new or sys.stdout.isatty() else None)
    config = uvicorn.Config(
        application,
        http="h11",  # of the two, the one that limits the length of headers
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_graceful_shutdown=int(settings.grace_seconds) + 1,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def worker_command() -> None:
    """Wait for one job on stdin and do it; started by `gridder serve`."""
    import maps
    from api.views import write_views
    from gridder.jobs.child import run_child

    run_child(
        write_map=lambda view, path, lang: maps.plan_map(view, lang=lang).save(path), write_views=write_views
    )


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "viewer",
    workspace: Annotated[str, typer.Option(help="Keys of one workspace share datasets and plans.")] = "main",
    days: Annotated[float | None, typer.Option(help="Days until it expires; by default never.")] = None,
    data_dir: DataOption = None,
) -> None:
    """Make a key and print its secret, which is shown this once.

    Example: [cyan]gridder admin keys add "QGIS of the survey office" --role viewer --days 365[/]
    """
    found = next((known for known in ROLES if known == role), None)
    if found is None:
        raise typer.BadParameter(f"one of {', '.join(ROLES)}", param_hint="--role")
    now = time.time()
    expires_at = None if days is None else now + days * DAY
    _, secret = make_key(
        _store(data_dir), name=name, role=found, workspace=workspace, expires_at=expires_at, now=now
    )
    typer.echo(secret)


@keys.command("list")
def show_keys(data_dir: DataOption = None, as_json: JsonOption = False) -> None:
    """Show all keys; their secrets are not kept."""
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "role": key.role,
            "workspace": key.workspace,
            "created": _day(key.created_at),
            "expires": _day(key.expires_at),
            "revoked": _day(key.revoked_at),
        }
        for key in list_keys(_store(data_dir))
    ]
    _show(rows, as_json=as_json)


@keys.command("revoke")
def stop_key(
    key_id: Annotated[str, typer.Argument(help="Its id, from `gridder admin keys list`.")],
    data_dir: DataOption = None,
) -> None:
    """End a key and its sign-ins at once."""
    if not revoke_key(_store(data_dir), key_id, now=time.time()):
        typer.echo(f"there is no key {key_id} that could be revoked", err=True)
        raise typer.Exit(2)


@admin.command("audit")
def show_audit(
    data_dir: DataOption = None,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, help="Newest entries to show.")] = 100,
) -> None:
    """Show who took names out of which plan, when and why."""
    rows = [
        {
            "at": _day(row.at),
            "key": row.key_id,
            "action": row.action,
            "plan": row.subject,
            "people": row.n_people,
            "reason": row.reason,
        }
        for row in read_audit(_store(data_dir), limit=limit)
    ]
    _show(rows, as_json=as_json)


@admin.command("delete")
def delete_now(
    subject: Annotated[str, typer.Argument(help="Id of a dataset or a plan.")], data_dir: DataOption = None
) -> None:
    """Delete a dataset with every dataset and plan that was made from it, or one plan, before its day."""
    settings = _settings(data_dir=data_dir)
    engine, folder = _store(data_dir), DataFolder(settings.data_dir)
    if not is_id(subject):
        _refuse(f"{subject} is no id of a dataset or plan")
    gone = delete_dataset(engine, subject)
    plans = [*gone.plans, subject] if delete_plan(engine, subject) else gone.plans
    if folder.remove_all(plan_ids=plans, dataset_ids={subject, *gone.datasets}):
        typer.echo(f"deleted, with {len(plans)} plans")
    else:
        _refuse(f"there is nothing with the id {subject}")


@admin.command("migrate")
def migrate_store(data_dir: DataOption = None) -> None:
    """Bring the store up to this version; `gridder serve` does so too."""
    migrate(_store(data_dir))


def _settings(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _store(data_dir: Path | None) -> Engine:
    settings = _settings(data_dir=data_dir)
    if not settings.database_url and not (settings.data_dir / STORE_FILE).exists():
        _refuse(f"there is no store in {settings.data_dir}; name the folder of the service with --data-dir")
    engine = open_store(settings.store_url)
    migrate(engine)
    return engine


def _refuse(why: str) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(2)


def _admin_token(engine: Engine, folder: Path) -> tuple[str | None, bool]:
    """Return the first administrator's token, made at the first start, and whether it is new.

    Without one (revoked), None. Servers that start at the same moment have the same.
    """
    path, now = folder / TOKEN_FILE, time.time()
    is_new = not path.exists()
    if is_new:
        make_once(path, new_secret())
    secret = path.read_text(encoding="ascii").strip()
    if find_key(engine, secret, now=now) is None:
        with contextlib.suppress(IntegrityError):  # another was quicker, or it was revoked
            make_key(engine, name="admin-token", role="admin", now=now, secret=secret)
        if find_key(engine, secret, now=now) is None:
            return None, False
    return secret, is_new


def _listen(host: str, port: int) -> socket.socket:
    """Listen on a socket that names its protocol, as only then asyncio sends small answers without delay."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        _refuse(f"cannot listen on {host}, port {port}: {error.strerror}; choose another with --port")
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, made.detach())
    listener.setblocking(False)
    return listener


def _print_address(settings: Settings, listener: socket.socket, token: str | None) -> None:
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = (settings.public_url.rstrip("/") or f"http://{host}:{port}") + settings.base_path.rstrip("/")
    if token:
        typer.echo(f"{base}/sign-in?token={token}")
    else:
        typer.echo(f"{base}/")
        typer.echo(f"the administrator's token is in {settings.data_dir / TOKEN_FILE}")
    sys.stdout.flush()


def _log_as_json() -> None:
    import structlog

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("none")
        return
    texts = [
        list(rows[0]),
        *(["" if value is None else str(value) for value in row.values()] for row in rows),
    ]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for line in texts:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _day(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
