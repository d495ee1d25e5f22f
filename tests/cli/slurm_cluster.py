"""A Slurm cluster of one node, this machine, for a test: its own munged, slurmctld and slurmd, on loopback alone."""
import contextlib
import getpass
import os
import pathlib
import signal
import socket
import subprocess
import time

CONFIGURATION = """
ClusterName=thimble
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/run/munge.socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort={port}
SrunPortRange={first}-{last}
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
LaunchParameters=disable_send_gids
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=localhost NodeHostname={host} NodeAddr=127.0.0.1 Port={node_port} CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""

TOOLS = ("munged", "munge", "slurmctld", "slurmd", "srun", "sinfo", "scontrol")


def wait_for(command, seconds, environment=None):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode == 0 and "DOWN" not in done.stdout.upper():
            return done.stdout
        time.sleep(0.1)
    raise AssertionError(f"{command[0]} does not answer: {done.stdout}{done.stderr}")


def end(pid_file):
    """Ends the daemon of a pid file."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        for _ in range(50):
            os.kill(pid, 0)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def cluster(folder, port=17600):
    """Yields the environment that Slurm's commands need."""
    folder = pathlib.Path(folder)
    for name in ("etc", "run", "log", "state", "spool"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755), (folder / "run").chmod(0o711)
    key = folder / "run/munge.key"
    key.write_bytes(os.urandom(1024)), key.chmod(0o400)
    file = folder / "etc/slurm.conf"
    file.write_text(CONFIGURATION.format(host=socket.gethostname().split(".")[0], user=getpass.getuser(), folder=folder,
                                         port=port, node_port=port + 1, first=port + 100, last=port + 400))
    environment = os.environ | {"SLURM_CONF": str(file)}
    try:
        subprocess.run(["munged", f"--key-file={key}", f"--socket={folder}/run/munge.socket",
                        f"--pid-file={folder}/run/munged.pid", f"--log-file={folder}/log/munged.log",
                        f"--seed-file={folder}/run/munged.seed", "--force"], check=True, capture_output=True)
        wait_for(["munge", "-n", "-S", f"{folder}/run/munge.socket"], 10)
        subprocess.run(["slurmctld", "-i", "-f", file], check=True, env=environment, capture_output=True)
        wait_for(["scontrol", "ping"], 20, environment)
        subprocess.run(["slurmd", "-N", "localhost", "-f", file], check=True, env=environment, capture_output=True)
        wait_for(["srun", "--immediate=5", "-n", "1", "true"], 40, environment)
        yield environment
    finally:
        for daemon in ("slurmd", "slurmctld", "munged"):
            end(folder / f"run/{daemon}.pid")
