"""Guards for what is read from addresses that people name.

CloudVolume, CloudFiles, boto3, google-cloud-storage and requests open their own connections and
files, in threads of their own. `guard_readers` puts checks at the few places through which all of
them go: where urllib3 connects, where its responses are read, and where CloudFiles opens a local
file, unpacks, and shares connections.
"""

from apps.datasets.gateways.guarded.cave_login import guard_cave_login
from apps.datasets.gateways.guarded.cloud_files import guard_cloud_files
from apps.datasets.gateways.guarded.http import guard_http


def guard_readers() -> None:
    """Guard this process. May be called again."""
    guard_http()
    guard_cloud_files()
    guard_cave_login()


__all__ = ["guard_readers"]
