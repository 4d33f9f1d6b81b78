"""What a network that fills masks through depth is given, and what it has to be like. Pure."""

from apps.pipelines.domain.contract import Contract, Network, NetworkError, Tensor, read_contract
from apps.pipelines.domain.filling import fill_by

__all__ = ["Contract", "Network", "NetworkError", "Tensor", "fill_by", "read_contract"]
