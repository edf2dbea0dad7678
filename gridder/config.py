"""Settings of the service, from the environment with the prefix `GRIDDER_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

STORE_FILE = "gridder.sqlite"


class Settings(BaseSettings):
    """Everything that one who runs the service may set; made once and handed down."""

    model_config = SettingsConfigDict(env_prefix="GRIDDER_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path("gridder-data"), description="Folder of uploads, plans and the store.")
    database_url: str = Field(
        "", description="SQLAlchemy URL of the store; by default SQLite in the data folder."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    base_path: str = Field("", description="Path in front of every address behind a proxy, as `/gridder`.")
    public_url: str = Field(
        "", description="Address under which others reach the service, without the base path."
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names that are answered beside loopback and the public address, by commas."
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses of proxies whose X-Forwarded headers are believed, by commas."
    )
    workers: int = Field(2, ge=0, le=64, description="Jobs that run at the same time on this machine.")
    job_seconds: float = Field(3600, gt=0, description="Longest time of a job.")
    job_memory_mb: int = Field(16_384, ge=512, description="Most memory of a job.")
    job_attempts: int = Field(2, ge=1, le=10, description="How often a job is begun when its process dies.")
    lease_seconds: float = Field(
        20, gt=1, description="After so long without a heartbeat a job counts as lost."
    )
    queue_length: int = Field(200, ge=1, description="Jobs that may wait; more are refused.")
    sync_seconds: float = Field(60, gt=0, description="How long a synchronous request waits for its job.")
    sync_mb: float = Field(20, gt=0, description="Largest input of a synchronous request.")
    upload_mb: float = Field(200, gt=0, description="Largest upload.")
    body_mb: float = Field(64, gt=0, description="Largest body of an execution.")
    body_seconds: float = Field(300, gt=0, description="Longest time to receive a body.")
    requests_per_minute: int = Field(6000, ge=1, description="Requests of one key or address in a minute.")
    concurrent_requests: int = Field(64, ge=1, description="Requests that are worked on at the same time.")
    suppress_below: int = Field(5, ge=1, description="Counts of people below this are hidden from viewers.")
    upload_days: float = Field(30, gt=0, description="Days after which uploads and rosters end.")
    plan_days: float = Field(365, gt=0, description="Days after which plans end.")
    session_hours: float = Field(12, gt=0, description="Hours after which a browser must sign in again.")
    grace_seconds: float = Field(10, ge=0, description="How long running jobs may go on at shutdown.")

    @field_validator("allowed_hosts", "proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @property
    def store_url(self) -> str:
        """Return the URL of the store."""
        return self.database_url or f"sqlite:///{(self.data_dir / STORE_FILE).as_posix()}"
