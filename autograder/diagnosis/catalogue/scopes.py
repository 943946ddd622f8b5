"""Groups of exercises in which the same mistakes can be made. Names ids only."""

SIZE = ("conv_output_size",)
HAND = ("by_hand",)
WINDOW = ("cross_correlate2d", "cross_correlate2d.stride")
FLIPPED = ("convolve2d",)
PAD = ("pad2d",)
COUNT = ("conv2d_count", "conv2d_cost")
VALID = ("conv2d_valid",)
# The whole layer by other methods, with every option and the contract in one exercise.
UNGROUPED = ("conv2d_einsum",)
GROUPED = ("conv2d_im2col", "conv2d_fft", "conv2d_fast")
CONTRACT = ("conv2d.contract", *UNGROUPED, *GROUPED)
PADDED = ("conv2d", "conv2d.pairs", "conv2d.dilation", "conv2d.groups", *CONTRACT)
DILATED = ("conv2d.dilation", "conv2d.groups", *UNGROUPED, *GROUPED)
PAIRS = ("conv2d.pairs", *DILATED)
LAYER = (*VALID, *PADDED)
EVERYWHERE = (*WINDOW, *FLIPPED, *LAYER)
STRIDED = (*SIZE, *WINDOW, *PADDED, *COUNT)  # where a stride can leave a remainder
