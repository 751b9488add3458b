"""The run itself: services, databases, demo data, processes; and the way back."""

from __future__ import annotations

import errno
import http.client
import json
import signal
import socket
from functools import partial

from paasoo_portal.embedded import EmbeddedError, Postgres, Valkey, processes
from paasoo_portal.embedded.owner import make_state
from paasoo_portal.embedded.service import START_SECONDS, Service
from paasoo_portal.supervisor import banner, fingerprint, leftovers, plan
from paasoo_portal.supervisor.child import Child
from paasoo_portal.supervisor.config import ROOT, Config, RunError
from paasoo_portal.supervisor.console import Console
from paasoo_portal.supervisor.loop import Loop, Stop
from paasoo_portal.supervisor.state import RunState

READY_SECONDS = 30.0
# Together with a margin these are the ten seconds in which a stop must be done.
WEB_SECONDS, WORK_SECONDS, SERVICE_SECONDS = 3.0, 3.0, 2.5


class Manager:
    """One run of one checkout."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.state = RunState(config.paths)
        self.services: list[Service] = []
        self.adopted: list[Service] = []
        self.parts: dict[str, Child] = {}

    def run(self) -> int:
        """Serve until asked to stop; the exit code."""
        make_state(self.config.paths)
        if not self.state.take():
            print(self._already_running())
            return 0
        self.console = Console(self.config.paths.log_dir)
        self.loop = Loop(self.console, self._record)
        try:
            self._bring_up()
            while True:
                self.loop.turn()
                self._replace_adopted()
        except Stop:
            self.console.say("stopping")
            return 0
        except (EmbeddedError, RunError) as error:
            self.console.say(str(error))
            return 1
        finally:
            self._stop_everything()

    # --- Up ----------------------------------------------------------------------------------------------------

    def _bring_up(self) -> None:
        say = self.console.say
        paths = self.config.paths
        if self.config.own_postgres:
            self.services.append(Postgres(paths, partial(say, name="postgres")))
        if self.config.own_valkey:
            self.services.append(Valkey(paths, partial(say, name="valkey")))
        (paths.var / "static").mkdir(exist_ok=True)  # whitenoise warns of a folder that is not there
        leftovers.clear(paths.var, self.state.read(), self.services, say)
        self._check_port()
        self._record()
        for service in self.services:
            self._start_service(service)
        self._bring_databases_up_to_date()
        self._start_parts()

    def _check_port(self) -> None:
        host, port = self.config.host, self.config.port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except socket.gaierror:
            raise RunError(
                f"HOST={host} is no address of this machine. The usual one is 127.0.0.1."
            ) from None
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(address)
                except OSError as error:
                    raise RunError(_why(error, host, port)) from None

    def _start_service(self, service: Service) -> None:
        pid = service.running()
        if pid is not None:
            self.adopted.append(service)
            self.console.say(
                f"already runs (pid {pid}); it is used, and left running at the end", service.name
            )
            self.loop.wait_for(service.is_ready, START_SECONDS)
        else:
            self.console.say("starting", service.name)
            self._add_service(service)
            if not self.loop.wait_for(service.is_ready, START_SECONDS, 0.05):
                raise RunError(
                    f"{service.name} did not start in {START_SECONDS:.0f} s; its log stands above."
                )
        if isinstance(service, Postgres):
            service.create_roles_and_databases()

    def _add_service(self, service: Service) -> None:
        dying = processes.die_with_parent(service.stop_signal)

        def launch(output: int) -> object:
            service.prepare()
            return service.spawn(output, preexec_fn=dying)

        self.loop.add(Child(service.name, launch, service.stop_signal))  # type: ignore[arg-type]

    def _replace_adopted(self) -> None:
        """A service that somebody else had started, and that is gone, is now ours to run."""
        for service in self.adopted[:]:
            if service.running() is None:
                self.adopted.remove(service)
                self.console.say("is gone; starting it", service.name)
                self._add_service(service)

    def _bring_databases_up_to_date(self) -> None:
        postgres = next((one for one in self.services if isinstance(one, Postgres)), None)
        known = fingerprint.Known(self.config.paths)
        code = fingerprint.code(ROOT)
        cluster = fingerprint.cluster(postgres) if postgres else "managed"
        is_new = known.is_new(cluster)
        if postgres is None or not known.covers(code, cluster):
            if not self._step(plan.DATABASE):
                raise RunError("The databases could not be brought up to date; the reason stands above.")
            known.remember(code, cluster)
        if self.config.demo and (is_new or not self.config.paths.demo_json.exists()):
            self.console.say("writing demo data, once")
            if not self._step(plan.DEMO):
                self.console.say("THE DEMO DATA COULD NOT BE WRITTEN (see above); the next start tries again")

    def _step(self, part: plan.Part) -> bool:
        child = Child(part.name, plan.launcher(part, self.config), signal.SIGTERM)
        return self.loop.run_step(child) == 0

    def _start_parts(self) -> None:
        self._add_part(plan.web(self.config))
        # The web alone first: on a small machine four Pythons that start together keep the first page waiting.
        if not self.loop.wait_for(lambda: self._get("/healthz")[0] == 200, 60):
            raise RunError("The web process does not answer; its words stand above.")
        self.console.say(f"the portal answers at {self.config.url}/")
        for part in plan.background():
            self._add_part(part)
        # A machine that slept is behind with its nights, and catches up within the hour: nobody waits for that.
        self.loop.wait_for(lambda: set(self._missing()) <= {"retention"}, READY_SECONDS, 1.0)
        self.console.show(banner.text(self.config, missing=self._missing()))

    def _add_part(self, part: plan.Part) -> None:
        self.parts[part.name] = Child(part.name, plan.launcher(part, self.config), signal.SIGTERM)
        self.loop.add(self.parts[part.name])

    def _get(self, path: str) -> tuple[int, bytes]:
        host = self.config.url.split("//", 1)[1]
        connection = http.client.HTTPConnection(host, timeout=3)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def _missing(self) -> list[str]:
        try:
            parts = json.loads(self._get("/readyz")[1])["parts"]
        except (ValueError, KeyError):
            return ["readyz"]
        return [name for name, part in parts.items() if not part["ok"]]

    # --- What runs ---------------------------------------------------------------------------------------------

    def _record(self) -> None:
        pids = {child.name: child.pid for child in self.loop.children if child.pid is not None}
        self.state.write(self.config.url, pids)

    def _already_running(self) -> str:
        told = self.state.read()
        parts = told.get("processes", {})
        lines = [
            f"The portal of this checkout already runs: {told.get('url', '?')}/ (manager pid {told.get('pid', '?')})",
            *(f"  {name:<12} pid {one['pid']}" for name, one in parts.items()),
            f"State and log: {self.config.paths.var}. Stop it with: kill {told.get('pid', '?')}",
        ]
        return "\n".join(lines)

    # --- Down --------------------------------------------------------------------------------------------------

    def _stop_everything(self) -> None:
        """In order: no new requests, then no new work, then the services; all within ten seconds."""
        loop = self.loop
        of = {child.name: child for child in loop.children}
        loop.end([of[name] for name in ("web", "beat") if name in of], WEB_SECONDS)
        loop.end([of[name] for name in ("dispatcher", "worker") if name in of], WORK_SECONDS)
        loop.end([of["valkey"]] if "valkey" in of else [], 1)
        if "postgres" in of:
            self._stop_postgres(of["postgres"])
        self.state.clear()
        self.console.say("stopped")

    def _stop_postgres(self, child: Child) -> None:
        child.ask_to_stop()
        self.loop.stopping = True
        if not self.loop.wait_for(lambda: child.process is None, SERVICE_SECONDS, 0.05):
            child.stop_signal = signal.SIGQUIT
            self.loop.end([child], 1)


def _why(error: OSError, host: str, port: int) -> str:
    other = f"Choose another: make run PORT={port + 1 if 1024 <= port < 65535 else 8001}"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by another program. {other}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Only root may listen on port {port}. {other}"
    return f"{host} is no address of this machine ({error.strerror}). The usual one is HOST=127.0.0.1."
