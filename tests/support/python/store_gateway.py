"""A gateway whose store answers the DynamoDB protocol on a port that stays the same when it is started again on the same files."""
import pathlib

from dynamo_client import ACCESS_KEY, SECRET_KEY, DynamoClient
from gateway import Gateway, free_port
from patience import PATIENCE


class StoreGateway:
    """`store`: the settings of the store beside its path. Signatures are checked, as in production."""

    def __init__(self, folder, store=None, **config):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        settings = {"engine": "embedded", "path": str(self.folder / "data"), "durability": "sync"} | (store or {})
        if settings["engine"] != "embedded":
            del settings["path"], settings["durability"]
        self.config = {
            "stores": {"main": settings},
            "dynamodb": {"address": f"127.0.0.1:{self.port}", "access_keys": [{"id": ACCESS_KEY, "secret": SECRET_KEY}]},
            **config}
        self.runs = 0
        self.gateway = None
        self.start()

    def start(self):
        self.gateway = Gateway(self.folder / f"run{self.runs}", self.config)
        self.runs += 1

    @property
    def process(self):
        return self.gateway.process

    @property
    def pid(self):
        return self.gateway.pid

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, **how):
        return DynamoClient("127.0.0.1", self.port, **how)

    def kill(self):
        """As a power switch does, but for what the system has in its caches."""
        self.gateway.process.kill()
        self.gateway.wait_exit()
        assert not [line for line in self.gateway.findings() if "upstream" not in line]

    def stop(self):
        if self.gateway.process.poll() is None:
            self.gateway.stop()
        else:
            self.gateway.process.wait(PATIENCE)
