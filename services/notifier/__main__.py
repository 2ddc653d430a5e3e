"""The notifier process: settings in, alerts to Alertmanagers until a signal says stop."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from threading import Timer
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
from services.notifier.watch import Watching, hush
from services.start.schemas import Schemas
from services.start.showing import FAILED, listening, run
from stream.faults import Stopped
from stream.stopping import Asked

LOOK_SECONDS = 0.2
STOP_SECONDS = 3.0


def main() -> int:
    """Run a notifier; the exit code says 0 stopped as asked, 1 failed, 2 misconfigured."""
    return run("notifier", read_settings, serve)


def serve(settings: Settings) -> int:
    """Post alerts until told to stop. Raises Stopped."""
    hush()
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
        try:
            await _start(app)
            facts = {"model": settings.model, "topic": settings.topic(), "alertmanagers": urls}
            structlog.get_logger().info("started", **facts, port=port)
            await _until(stop, app, notifier, watching, Stalling(log, settings.stall_seconds))
        except Stopped as stopped:
            structlog.get_logger().error("broken", what=stopped.what, cause=stopped.cause)
            raise
        finally:
            _end_within(STOP_SECONDS, 0 if stop() else FAILED)
            for task in delivering:
                task.cancel()
            await _stop(app)


async def _start(app: CommittedApp) -> None:
    """Begin to read. Raises Stopped."""
    try:
        await app.start()
    except Exception as error:
        what = f"Kafka cannot be read: {type(error).__name__}: {error}"
        raise Stopped(what, cause="the brokers do not answer, or do not let us in", fix="start it again") from error


def _end_within(seconds: float, code: int) -> None:
    """End this process with `code` where it has not ended by itself: without brokers faust never stops.

    Nothing is lost by it: what was heard and not posted is in the topic, which the next process reads whole.
    """
    timer = Timer(seconds, os._exit, [code])
    timer.daemon = True
    timer.start()


async def _stop(app: CommittedApp) -> None:
    """Leave the group; an app that broke may not be able to, and is left behind."""
    try:
        await app.stop()
    except Exception as error:  # noqa: BLE001 - whatever it is, the process ends
        structlog.get_logger().warning("not stopped in good order", why=f"{type(error).__name__}: {error}")


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
