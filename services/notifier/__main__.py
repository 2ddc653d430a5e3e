"""The notifier process: settings in, alerts to Alertmanagers until a signal says stop."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import structlog

from schemas.source import SchemaSource, SourceUnavailable
from services.notifier.pipeline import Notifier
from services.notifier.posting import Alertmanager
from services.notifier.reading import Log
from services.notifier.settings import PREFIX, Settings, read_settings
from services.notifier.stalling import Stalling
from services.notifier.transport import CommittedApp, app_of
from services.notifier.watch import Watching
from services.start.schemas import Schemas
from services.start.showing import listening, run
from stream.faults import Stopped
from stream.stopping import Asked

LOOK_SECONDS = 0.2
STOP_SECONDS = 10.0


def main() -> int:
    """Run a notifier; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    return run("notifier", read_settings, serve)


def serve(settings: Settings) -> int:
    """Post alerts until told to stop. Raises Stopped."""
    stop = Asked()
    watching = Watching(urls_of(settings))
    admin = listening(watching.metrics, watching.health, (settings.admin_host, settings.admin_port), PREFIX)
    try:
        with tempfile.TemporaryDirectory(prefix="driftline-notifier-") as directory:
            asyncio.run(_serve(settings, watching, stop, Path(directory), port=admin.port))
    except SourceUnavailable as error:
        raise Stopped(str(error), cause="the schema source cannot be asked", fix="bring it back") from error
    finally:
        admin.close()
    structlog.get_logger().info("stopped")
    return 0


def urls_of(settings: Settings) -> list[str]:
    """The Alertmanagers' addresses. Raises Stopped for what is none."""
    urls = [one.strip().rstrip("/") for one in settings.alertmanagers.split(",") if one.strip()]
    for url in urls:
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise Stopped(
                f"{PREFIX}ALERTMANAGERS: found {url!r}",
                cause="it is no URL of an Alertmanager",
                fix="give http://host:9093, several with commas between them",
                configuration=True,
            )
    return urls


async def _serve(settings: Settings, watching: Watching, stop: Asked, directory: Path, *, port: int) -> None:
    source, urls = _source(settings), urls_of(settings)
    log = Log(settings.brokers, settings.topic(), source=source, file=settings.kafka_config)
    timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        notifier = Notifier(settings, [Alertmanager(url, session) for url in urls], watching, source)
        notifier.recall(*log.recall())
        app = app_of(settings, directory)
        notifier.read_by(app, settings.topic())
        stop.ready()
        delivering = [asyncio.create_task(one.run()) for one in notifier.deliveries]
        await app.start()
        facts = {"model": settings.model, "topic": settings.topic(), "alertmanagers": urls}
        structlog.get_logger().info("started", **facts, port=port)
        try:
            await _until(stop, app, notifier, watching, Stalling(log, settings.stall_seconds))
        finally:
            for task in delivering:
                task.cancel()
            await asyncio.wait_for(app.stop(), STOP_SECONDS)


def _source(settings: Settings) -> SchemaSource | None:
    """Where to look up writers that are newer than this reader, if a source is given."""
    if settings.schemas is None and settings.registry_url is None:
        return None
    return Schemas(settings, PREFIX).source


async def _until(stop: Asked, app: CommittedApp, notifier: Notifier, watching: Watching, stalling: Stalling) -> None:
    """Until told to stop. Raises Stopped where the reader broke, or hangs: whoever starts us again is the cure."""
    while not stop():
        watching.health.beat()
        notifier.look()
        (watching.health.met if app.consumer.assignment() else watching.health.unmet)("assigned")
        broken = notifier.broken or app.crash_reason
        if broken is not None:
            raise Stopped(f"the reader broke: {type(broken).__name__}: {broken}", fix="start it again") from broken
        await stalling.check(notifier.heard_to, time.monotonic())
        await asyncio.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
