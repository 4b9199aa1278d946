"""An S3 server for tests: moto's, in a process of its own that can be stopped and continued."""

import os
import signal
import socket
import subprocess
import sys
import time

import boto3
from botocore.config import Config

KEYS = {"access_key": "an-access-key", "secret_key": "a-secret-key-of-the-store"}


class Store:
    """An S3 server at an address that jobs reach."""

    def __init__(self, host, folder):
        with socket.socket() as probe:
            probe.bind((host, 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        command = [sys.executable, "-m", "moto.server", "-H", host, "-p", str(self.port)]
        log = (folder / "store.log").open("wb")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEYS["access_key"],
            aws_secret_access_key=KEYS["secret_key"],
            config=Config(retries={"max_attempts": 1}, connect_timeout=3, read_timeout=10),
        )
        self._until_it_answers(host)
        self.client.create_bucket(Bucket="backups")

    def _until_it_answers(self, host):
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as knock:
                if not knock.connect_ex((host, self.port)):
                    return
            assert time.monotonic() < deadline, "The S3 server does not start"
            time.sleep(0.2)

    def cut(self):
        self.process.send_signal(signal.SIGSTOP)

    def mend(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.mend()
        self.process.kill()
        self.process.wait(timeout=30)

    def repository(self, prefix):
        where = {"endpoint": self.url, "bucket": "backups", "prefix": prefix}
        return {"kind": "s3", "region": "us-east-1", **where}
