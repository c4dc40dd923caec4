"""Which of torch's operations cost what on a GPU."""

from __future__ import annotations

# The host waits: the shape of the result, or a Python number, depends on values; or the operation looks
# whether it went well.
SYNCING = {
    f"aten.{name}"
    for name in (
        "_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "unique_consecutive",
        "equal", "is_nonzero", "bincount", "repeat_interleave", "_linalg_check_errors", "_linalg_eigh",
        "_linalg_svd", "linalg_eig", "linalg_eigvals", "_linalg_eigvals",
    )
}  # fmt: skip
# No kernel runs: views, and memory that is not filled.
FREE = {
    f"aten.{name}"
    for name in (
        "view", "_unsafe_view", "_reshape_alias", "detach", "expand", "permute", "transpose", "t",
        "unsqueeze", "squeeze", "select", "slice", "alias", "split", "split_with_sizes", "unbind",
        "as_strided", "unfold", "diagonal", "chunk", "view_as_real", "lift_fresh", "empty", "new_empty",
        "empty_like", "empty_strided", "new_empty_strided", "resize_", "set_", "real", "imag", "movedim",
    )
} | {"prim.device"}  # fmt: skip
# Index tensors of theirs may lie on the host, and are uploaded then.
INDEXED = {"aten.index", "aten._unsafe_index", "aten.index_put", "aten.index_put_"}


def is_free(name: str) -> bool:
    return name in FREE or name == "aten._local_scalar_dense"
