"""A real OpenSSH server for tests, in a container: what it runs, the keys that open it, when it is there."""

import subprocess
import time

PORT = 2222
USER = "backup-user"
FOLDER = f"/home/{USER}/store"
SCRIPT = f"""
cp /keys/host /etc/ssh_host
apt-get -qq -o Acquire::Check-Valid-Until=false update
apt-get -qq install --yes --no-install-recommends openssh-server >/dev/null
useradd --create-home {USER}
install -d -o {USER} /home/{USER}/.ssh {FOLDER}
cp /keys/key.pub /home/{USER}/.ssh/authorized_keys
chown {USER} /home/{USER}/.ssh/authorized_keys
mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e -p {PORT} -h /etc/ssh_host
"""


def make_keys(folder):
    """Make the pair that opens the server and the server's own; return (private key, host key)."""
    for name in ("key", "host"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True, timeout=30)
    return (folder / "key").read_text(), (folder / "host.pub").read_text()


def wait_until_it_listens(container, seconds=400):
    """Wait for the server in a container that runs ``SCRIPT``; it is installed first."""
    deadline = time.monotonic() + seconds
    while "Server listening" not in container.logs().decode():
        container.reload()
        assert container.status == "running", container.logs().decode()
        assert time.monotonic() < deadline, container.logs().decode()
        time.sleep(0.5)
