import os
import shutil
import subprocess

import numpy as np
import pytest

import fastconv as fc
from fastconv.training.parallel import mpi

HOSTS = {"fastconv-a": "10.77.0.1", "fastconv-b": "10.77.0.2"}


def test_one_process_is_one_rank():
    parallel = fc.parallel.MPI()
    assert (parallel.rank, parallel.ranks, parallel.shards) == (0, 1, 8)
    assert parallel.rows(13) == slice(0, 13)
    assert parallel.numbers(5) == [5]
    array = np.arange(6.0)
    assert parallel.gathered(array, [6]) is array
    with pytest.raises(AttributeError, match="shards"):
        parallel.shards = 4


def test_what_is_refused():
    with pytest.raises(ValueError, match="MPI: shards: got 0"):
        fc.parallel.MPI(0)
    with pytest.raises(TypeError, match=r"MPI: comm: got int, needs an mpi4py\.MPI.Intracomm or None"):
        fc.parallel.MPI(8, 3)


def test_without_mpi4py(monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(mpi.importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r"MPI: needs mpi4py and an MPI: pip install 'fastconv\[mpi\]'"):
        fc.parallel.MPI()


def test_ranks_of_one_host_share_its_cores(run, found):
    done = run(2, "hosts")
    assert done.returncode == 0, done.stderr
    bound = len(os.sched_getaffinity(0)) < os.cpu_count()
    cores = len(os.sched_getaffinity(0)) if bound else max(1, os.cpu_count() // 2)
    assert found(2, "hosts") == {"ranks of a host": 2, "threads": cores}


@pytest.fixture
def hosts(tmp_path):
    """Two hosts, network namespaces with a cable between them: how mpiexec starts ranks there."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("making network namespaces needs root and ip")

    def ip(*arguments):
        return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)

    names, ends = [*HOSTS], ("fastconv0", "fastconv1")
    try:
        for name in names:
            if ip("netns", "add", name).returncode:
                pytest.skip("this machine makes no network namespaces")
        ip(
            "link",
            "add",
            ends[0],
            "netns",
            names[0],
            "type",
            "veth",
            "peer",
            "name",
            ends[1],
            "netns",
            names[1],
        )
        for name, end in zip(names, ends, strict=True):
            ip("-n", name, "addr", "add", f"{HOSTS[name]}/24", "dev", end)
            ip("-n", name, "link", "set", "lo", "up")
            if ip("-n", name, "link", "set", end, "up").returncode:
                pytest.skip("this machine has no virtual cables")
        launch = tmp_path / "launch"
        cases = "".join(
            f'{address}) exec ip netns exec {name} sh -c "$*";;\n' for name, address in HOSTS.items()
        )
        launch.write_text(f'#!/bin/sh\n[ "$1" = -x ] && shift\nhost=$1; shift\ncase $host in\n{cases}esac\n')
        launch.chmod(0o755)
        addresses = [*HOSTS.values()]
        options = ["-launcher", "ssh", "-launcher-exec", str(launch), "-hosts", ",".join(addresses)]
        yield {
            "prefix": ("ip", "netns", "exec", names[0]),
            "options": (*options, "-localhost", addresses[0]),
        }
    finally:
        for name in names:
            ip("netns", "del", name)


def test_several_hosts_give_the_bits_of_one(run, found, hosts):
    done = run(2, "hosts", "uneven", **hosts)
    assert done.returncode == 0, done.stderr
    assert found(2, "hosts")["ranks of a host"] == 1
    there = found(2, "uneven")
    assert run(1, "uneven").returncode == 0
    assert there == found(1, "uneven")
