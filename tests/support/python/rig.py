"""Gateways, upstreams and clients of one test (or one file of tests), ended in the right order."""
from fake_upstream import FakeUpstream
from gateway import Gateway


class Rig:
    def __init__(self, folder):
        self.folder = folder
        self.gateways = []
        self.others = []  # whatever has stop()

    def upstream(self, *arguments, **how):
        return self.keep(FakeUpstream(*arguments, **how))

    def keep(self, other):
        self.others.append(other)
        return other

    def gateway(self, config, **how):
        gateway = Gateway(self.folder / f"gateway{len(self.gateways)}", config, **how)
        self.gateways.append(gateway)
        return gateway

    def proxy(self, upstream, route=None, backend=None, **config):
        """A gateway that sends everything to `upstream` (or to the targets named); more settings of route, backend, file."""
        targets = [upstream.url] if hasattr(upstream, "url") else upstream
        return self.gateway({
            "backends": {"fake": {"targets": targets, **(backend or {})}},
            "apis": [{"name": "everything", "routes": [{"match": "$default", "backend": "fake", **(route or {})}]}],
            **config})

    def stop(self):
        """Everything is ended, whatever fails on the way; the first failure is raised."""
        failures = []
        for gateway in self.gateways:
            for client in gateway.clients:
                client.close()
        for thing in (*self.others, *self.gateways):
            try:
                thing.stop()
            except BaseException as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
