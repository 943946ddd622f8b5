"""Forms that a mistake takes in more than one kind of function: pairs of options, groups, a bias.

Each takes a decision that several recipes have under the same name.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class KernelSwapped:
    def kernel_pair(self, kernel_size: Any) -> Any:
        return super().kernel_pair(kernel_size)[::-1]


class StrideSwapped:
    def stride_pair(self, stride: Any) -> Any:
        return super().stride_pair(stride)[::-1]


class FirstStrideForBoth:
    def stride_pair(self, stride: Any) -> Any:
        return (super().stride_pair(stride)[0],) * 2


class PaddingSwapped:
    def padding_pair(self, padding: Any) -> Any:
        return super().padding_pair(padding)[::-1]


class DilationIgnored:
    def dilation_pair(self, dilation: Any) -> Any:
        return 1, 1


class DilationPlusOne:
    """Reads dilation as the number of zeros between the kernel's elements."""

    def dilation_pair(self, dilation: Any) -> Any:
        height, width = super().dilation_pair(dilation)
        return height + 1, width + 1


class DilationRowsOnly:
    def dilation_pair(self, dilation: Any) -> Any:
        return super().dilation_pair(dilation)[0], 1


class FirstDilationForBoth:
    def dilation_pair(self, dilation: Any) -> Any:
        return (super().dilation_pair(dilation)[0],) * 2


class GroupsInterleaved:
    def group_channels(self, group: int, groups: int, channels: int) -> Any:
        return np.arange(group, channels, groups)


class FiltersInterleaved:
    def group_filters(self, group: int, groups: int, filters: int) -> Any:
        return np.arange(group, filters, groups)


class BiasMissing:
    def add_bias(self, output: Any, bias: Any, weight: Any) -> Any:
        return output


class RoundedInside:
    """The dtype that comes back is right; on the way everything was float32."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return _through(super().__call__, "f", np.float32, args, options)


class OverflowsInside:
    """The dtype that comes back is right; on the way integers had 32 bits."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return _through(super().__call__, "i", np.int32, args, options)


def _through(function: Any, kind: str, narrow: Any, args: Any, options: Any) -> Any:
    # The call with arrays of a kind made narrow, and the dtypes of its results made right again.
    def narrowed(value: Any) -> Any:
        change = type(value) is np.ndarray and value.dtype.kind == kind
        return value.astype(narrow) if change else value

    given = {name: narrowed(value) for name, value in options.items()}
    result = function(*map(narrowed, args), **given)
    wide = {np.dtype(narrow): np.result_type(*(a for a in args if type(a) is np.ndarray))}
    if type(result) is tuple:
        return tuple(part.astype(wide.get(part.dtype, part.dtype)) for part in result)
    return result.astype(wide.get(result.dtype, result.dtype))
