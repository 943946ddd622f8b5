"""Mistakes in a torch.autograd.Function and a torch.nn.Module, J01 to J30.

Each mixin takes one decision of a recipe in ``recipes.autograd`` differently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.diagnosis.catalogue.entry import Mistake
from autograder.diagnosis.recipes import autograd as recipes

RECIPES: dict[str, tuple[type, Callable[[Any], Callable[..., Any]]]] = {
    "Conv2dFunction": (recipes.Plug, recipes.function),
    "Conv2d": (recipes.Layer, recipes.module),
}

FIRST, DOUBLE = ("Conv2dFunction",), ("Conv2dFunction.double",)
BOTH = (*FIRST, *DOUBLE)
MODULE = ("Conv2d",)

# --- The Function ---------------------------------------------------------------------------------


class ComputesAll:
    """Every gradient, wanted or not."""

    def needed(self, ctx: Any) -> Any:
        return True, True, True


class ComputesAllButTheBias:
    def needed(self, ctx: Any) -> Any:
        return True, True, ctx.needs_input_grad[2]


class KeepsOnCtx:
    def keep(self, ctx: Any, input: Any, weight: Any) -> None:
        ctx.mine = (input, weight)

    def kept(self, ctx: Any) -> Any:
        return ctx.mine


class KeepsOnTheClass:
    """One place for all calls: the second forward replaces what the first has kept."""

    def keep(self, ctx: Any, input: Any, weight: Any) -> None:
        self.last = (input, weight)

    def kept(self, ctx: Any) -> Any:
        return self.last


class KeepsCopies:
    """Arrays, not tensors: nobody notices when the tensor changes."""

    def keep(self, ctx: Any, input: Any, weight: Any) -> None:
        ctx.mine = (input.detach().clone(), weight.detach().clone())

    def kept(self, ctx: Any) -> Any:
        return ctx.mine


class WithoutNones:
    def returned(self, gradients: Any) -> Any:
        return tuple(gradients)


class OneNoneTooFew:
    def returned(self, gradients: Any) -> Any:
        return super().returned(gradients)[:-1]


class WeightFirst:
    def returned(self, gradients: Any) -> Any:
        return super().returned([gradients[1], gradients[0], gradients[2]])


class CutOff:
    """apply is forward on data: autograd never hears of it."""

    scope = FIRST

    def made(self, function: Any, torch: Any) -> Any:
        class Cut(torch.autograd.Function):
            @staticmethod
            def apply(input: Any, weight: Any, bias: Any, *options: Any) -> Any:
                tensors = [None if t is None else t.data for t in (input, weight, bias)]
                return function.apply(*tensors, *options)

        return Cut


class BackIntoNumpy:
    """A result that has been an array in between: a tensor, but one without a history."""

    scope = DOUBLE

    def by_input(self, *given: Any) -> Any:
        return super().by_input(*given).detach()

    def by_weight(self, *given: Any) -> Any:
        return super().by_weight(*given).detach()

    def by_bias(self, upstream: Any) -> Any:
        return super().by_bias(upstream).detach()


class DetachesUpstream:
    scope = DOUBLE

    def upstream(self, grad_output: Any) -> Any:
        return grad_output.detach()


class DetachesKept:
    scope = DOUBLE

    def kept(self, ctx: Any) -> Any:
        input, weight = super().kept(ctx)
        return input.detach(), weight.detach()


class KeepsDetached:
    """The weight that backward uses is a copy without a history; the input is the right one."""

    scope = DOUBLE

    def kept(self, ctx: Any) -> Any:
        input, weight = super().kept(ctx)
        return input, weight.detach().clone()


class UpstreamOfOnes:
    def upstream(self, grad_output: Any) -> Any:
        return grad_output * 0 + 1


class OptionsForgotten:
    def backward_options(self, options: Any) -> Any:
        return 1, 0, 1, 1


class StrideForgotten:
    def backward_options(self, options: Any) -> Any:
        return (1, *options[1:])


class DilationForgotten:
    def backward_options(self, options: Any) -> Any:
        return (*options[:2], 1, options[3])


class GroupsForgotten:
    def backward_options(self, options: Any) -> Any:
        return (*options[:3], 1)


class OptionsOutOfOrder:
    """padding where the stride belongs, and the other way round."""

    def output(self, F: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        return super().output(F, input, weight, bias, (options[1], options[0], *options[2:]))

    def backward_options(self, options: Any) -> Any:
        return (options[1], options[0], *options[2:])


class BiasMeaned:
    def by_bias(self, upstream: Any) -> Any:
        return upstream.mean((0, 2, 3))


class BiasOfOneSample:
    def by_bias(self, upstream: Any) -> Any:
        return upstream[-1].sum((1, 2))


class BiasUnsummed:
    def by_bias(self, upstream: Any) -> Any:
        return upstream.sum(0)[:, 0, 0]


class Doubled:
    """Through float64 arrays and back: the result is a double, whatever came in."""

    def output(self, F: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        wide = [None if t is None else t.double() for t in (input, weight, bias)]
        return super().output(F, *wide, options)


class ShiftsInput:
    scope = FIRST

    def output(self, F: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        result = super().output(F, input, weight, bias, options)
        input.data.sub_(1)
        return result


class BiasLeftOut:
    scope = FIRST

    def output(self, F: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        return super().output(F, input, weight, None, options)


class ViewsInput:
    """view wants elements that lie side by side."""

    scope = FIRST

    def output(self, F: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        flat = input.view(-1)
        return super().output(F, flat.view(input.shape), weight, bias, options)


# --- The module -----------------------------------------------------------------------------------


class PlainTensors:
    def held(self, torch: Any, module: Any, name: str, start: Any) -> None:
        setattr(module, name, None if start is None else start.requires_grad_())


class Buffers:
    def held(self, torch: Any, module: Any, name: str, start: Any) -> None:
        module.register_buffer(name, start)


class OtherNames:
    def held(self, torch: Any, module: Any, name: str, start: Any) -> None:
        short = {"weight": "kernel", "bias": "b"}[name]
        super().held(torch, module, short, start)
        # The forward finds them under the usual names, the state_dict does not.
        object.__setattr__(module, name, getattr(module, short))


class BiasAlways:
    def has_bias(self, bias: bool) -> bool:
        return True


class BiasNever:
    def has_bias(self, bias: bool) -> bool:
        return False


class Linked:
    def linked(self, weight: Any) -> Any:
        return weight.detach()


class LinkedToData:
    def linked(self, weight: Any) -> Any:
        return weight.data


class TorchsOwn:
    def convolved(self, torch: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        return torch.nn.functional.conv2d(input, weight, bias, *options.values())


class ByColumns:
    """A layer of products that autograd takes apart by itself."""

    def convolved(self, torch: Any, input: Any, weight: Any, bias: Any, options: Any) -> Any:
        *window, groups = options.values()
        stride, padding, dilation = window
        kernel = weight.shape[2:]
        columns = torch.nn.functional.unfold(
            input, tuple(kernel), dilation=dilation, padding=padding, stride=stride
        )
        rows = weight.reshape(groups, -1, weight[0].numel())
        columns = columns.reshape(len(input), groups, weight[0].numel(), -1)
        size = [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, p, d, k, s in zip(
                input.shape[2:], padding, dilation, kernel, stride, strict=True
            )
        ]
        output = (rows @ columns).reshape(len(input), len(weight), *size)
        return output if bias is None else output + bias[:, None, None]


class Normal:
    def start_weight(self, torch: Any, weight: Any, fan_in: int) -> None:
        weight.normal_()


class NormalOfTheRightSpread:
    def start_weight(self, torch: Any, weight: Any, fan_in: int) -> None:
        weight.normal_(std=(3 * fan_in) ** -0.5)


class ZeroToOne:
    def start_weight(self, torch: Any, weight: Any, fan_in: int) -> None:
        weight.uniform_(0, fan_in**-0.5)


class KaimingWithoutA:
    """kaiming_uniform_ with its default a = 0: √6 times as wide."""

    def start_weight(self, torch: Any, weight: Any, fan_in: int) -> None:
        torch.nn.init.kaiming_uniform_(weight)


class XavierStart:
    def start_weight(self, torch: Any, weight: Any, fan_in: int) -> None:
        torch.nn.init.xavier_uniform_(weight)


class FanInForgetsKernel:
    def fan_in(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> int:
        return in_channels // groups


class FanInForgetsGroups:
    def fan_in(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> int:
        return int(in_channels * kernel[0] * kernel[1])


class FanOut:
    def fan_in(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> int:
        return int(out_channels * kernel[0] * kernel[1])


class BiasZero:
    def start_bias(self, torch: Any, bias: Any, fan_in: int) -> None:
        bias.zero_()


class BiasNormal:
    def start_bias(self, torch: Any, bias: Any, fan_in: int) -> None:
        bias.normal_()


class AlwaysTheSame:
    def seeded(self, torch: Any) -> None:
        torch.manual_seed(0)


class ChannelsFirst:
    def weight_shape(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> Any:
        return (in_channels, out_channels // groups, *kernel)


class GroupsNotDivided:
    def weight_shape(self, in_channels: int, out_channels: int, groups: int, kernel: Any) -> Any:
        return (out_channels, in_channels, *kernel)


class StrideNotUsed:
    def used(self, options: Any) -> Any:
        return {**options, "stride": 1}


class PaddingNotUsed:
    def used(self, options: Any) -> Any:
        return {**options, "padding": 0}


class DilationNotUsed:
    def used(self, options: Any) -> Any:
        return {**options, "dilation": 1}


class FirstOfThePair:
    def stored(self, options: Any) -> Any:
        return {name: pair[0] for name, pair in super().stored(options).items()}


class PairsSwapped:
    def stored(self, options: Any) -> Any:
        return {name: pair[::-1] for name, pair in super().stored(options).items()}


MISTAKES = (
    Mistake(
        id="J01",
        name="gradients are computed that nobody needs",
        telltale="All values are right; but where a tensor needs no gradient, backward has one for it.",
        question="A first layer's input needs no gradient. How does backward find out?",
        section="08-autograd#function",
        scope=FIRST,
        variants=(ComputesAll, ComputesAllButTheBias),
        star=True,
    ),
    Mistake(
        id="J02",
        name="tensors are kept past save_for_backward",
        telltale="Gradients are right until a tensor changes between forward and backward: nobody notices.",
        question="Who compares a saved tensor's version with what it was, and which tensors does it know of?",
        section="08-autograd#saving",
        scope=FIRST,
        variants=(KeepsOnCtx, KeepsCopies),
        star=True,
    ),
    Mistake(
        id="J03",
        name="all calls keep their tensors in one place",
        telltale="With two forwards before a backward, the first one's gradients are those of the second.",
        question="A network has ten of these layers. Where are the tensors of the first, when the tenth has run?",
        section="08-autograd#saving",
        scope=FIRST,
        variants=(KeepsOnTheClass,),
        star=True,
    ),
    Mistake(
        id="J04",
        name="backward returns too few values",
        telltale="Forward is right; backward ends in an error that counts gradients.",
        question="How many arguments has forward, and what is the gradient by a stride?",
        section="08-autograd#function",
        scope=BOTH,
        variants=(WithoutNones, OneNoneTooFew),
        star=True,
    ),
    Mistake(
        id="J05",
        name="gradients come back in the wrong order",
        telltale="Backward ends in an error about a shape, or input and weight have each other's gradient.",
        question="In which order does forward take its tensors?",
        section="08-autograd#function",
        scope=BOTH,
        variants=(WeightFirst,),
    ),
    Mistake(
        id="J06",
        name="the link to autograd is cut",
        telltale="The values are right, but the output has no grad_fn: no gradient reaches anything.",
        question="What does `.data` give you, and does anybody record what you do with it?",
        section="08-autograd#cut",
        scope=FIRST,
        variants=(CutOff,),
        star=True,
    ),
    Mistake(
        id="J07",
        name="the upstream gradient is ignored",
        telltale="The gradients are those of the output's sum.",
        question="What should come back for a grad_output of zeros?",
        section="08-autograd#function",
        scope=BOTH,
        variants=(UpstreamOfOnes,),
    ),
    Mistake(
        id="J08",
        name="backward does not know of an option",
        telltale="Forward is right. Gradients are right for default options, and fail or differ for others.",
        question="Which numbers beside the tensors does the gradient depend on, and how do they reach backward?",
        section="08-autograd#saving",
        scope=BOTH,
        variants=(OptionsForgotten, StrideForgotten, DilationForgotten, GroupsForgotten),
        star=True,
    ),
    Mistake(
        id="J09",
        name="options are taken in the wrong order",
        telltale="Everything is that of a layer whose stride and padding have changed places.",
        question="In which order do stride, padding, dilation and groups come?",
        section="08-autograd#function",
        scope=BOTH,
        variants=(OptionsOutOfOrder,),
    ),
    Mistake(
        id="J10",
        name="the gradient by the bias is not the sum over samples and places",
        telltale="The other gradients are right; that by the bias has another size or another shape.",
        question="Which outputs does one number of the bias reach?",
        section="08-autograd#function",
        scope=BOTH,
        variants=(BiasMeaned, BiasOfOneSample, BiasUnsummed),
    ),
    Mistake(
        id="J11",
        name="float32 does not stay float32",
        telltale="The values are right; the output is float64, whatever came in.",
        question="Which dtype has a tensor that is made from a float64 array?",
        section="08-autograd#function",
        scope=BOTH,
        variants=(Doubled,),
    ),
    Mistake(
        id="J12",
        name="forward changes what it was given, or needs it to lie in one piece",
        telltale="An input comes back changed, or a tensor that is not contiguous ends in an error.",
        question="Which of your lines write into the input, or ask for a view of it?",
        section="08-autograd#function",
        scope=FIRST,
        variants=(ShiftsInput, ViewsInput),
    ),
    Mistake(
        id="J13",
        name="the bias is not added",
        telltale="The gradients are right; the output lacks the bias.",
        question="What does your forward do with its third argument?",
        section="08-autograd#function",
        scope=FIRST,
        variants=(BiasLeftOut,),
    ),
    Mistake(
        id="J14",
        name="backward cannot be differentiated",
        telltale="First gradients are right, and have no grad_fn of their own.",
        question="Which of backward's operations does autograd know?",
        section="08-autograd#double-backward",
        scope=DOUBLE,
        variants=(BackIntoNumpy,),
        star=True,
    ),
    Mistake(
        id="J15",
        name="a part of the second gradient is missing",
        telltale="First gradients are right; of the second ones, that by grad_output, by the weight or by the input is not.",
        question="On which three arrays do the gradients depend, and which of them did you take without its history?",
        section="08-autograd#double-backward",
        scope=DOUBLE,
        variants=(DetachesUpstream, DetachesKept, KeepsDetached),
        star=True,
    ),
    Mistake(
        id="J20",
        name="weight and bias are no parameters",
        telltale="The state_dict is empty, or an optimiser finds nothing to train.",
        question="What does a Module keep in its state_dict, and what does parameters() give?",
        section="08-autograd#module",
        scope=MODULE,
        variants=(PlainTensors, Buffers),
        star=True,
    ),
    Mistake(
        id="J21",
        name="weight or bias has another name",
        telltale="A checkpoint of torch's layer does not load.",
        question="Under which names does torch.nn.Conv2d keep its two tensors?",
        section="08-autograd#module",
        scope=MODULE,
        variants=(OtherNames,),
    ),
    Mistake(
        id="J22",
        name="the option bias is ignored",
        telltale="Layers without a bias have one, or layers with one have none.",
        question="What is in the state_dict of a layer that was made with bias=False?",
        section="08-autograd#module",
        scope=MODULE,
        variants=(BiasAlways, BiasNever),
        star=True,
    ),
    Mistake(
        id="J23",
        name="forward uses the weight without its history",
        telltale="The output is right; the weight never gets a gradient.",
        question="What does `.data` or `.detach()` take away from a parameter?",
        section="08-autograd#cut",
        scope=MODULE,
        variants=(Linked, LinkedToData),
        star=True,
    ),
    Mistake(
        id="J24",
        name="the weight starts from another distribution",
        telltale="Its values are too large or too small, not centred, or not uniform.",
        question="Between which two numbers does torch draw the weight, and are all of them equally likely?",
        section="08-autograd#start",
        scope=MODULE,
        variants=(Normal, NormalOfTheRightSpread, ZeroToOne, KaimingWithoutA, XavierStart),
        star=True,
    ),
    Mistake(
        id="J25",
        name="the number of inputs is counted wrongly",
        telltale="The start's bounds are right for some sizes, and wrong where kernel, groups or channels differ.",
        question="How many numbers of the input does one output of the layer see?",
        section="08-autograd#start",
        scope=MODULE,
        variants=(FanInForgetsKernel, FanInForgetsGroups, FanOut),
        star=True,
    ),
    Mistake(
        id="J26",
        name="the bias starts from something else",
        telltale="The weight's start is right, the bias's is zero or from another distribution.",
        question="Which bounds has torch's bias? Print a few layers' and see.",
        section="08-autograd#start",
        scope=MODULE,
        variants=(BiasZero, BiasNormal),
    ),
    Mistake(
        id="J27",
        name="every layer starts with the same numbers",
        telltale="Two layers that are made one after the other are equal.",
        question="Who may call torch.manual_seed: a layer, or the one who makes layers?",
        section="08-autograd#start",
        scope=MODULE,
        variants=(AlwaysTheSame,),
    ),
    Mistake(
        id="J28",
        name="the weight has another shape",
        telltale="A checkpoint does not load: sizes do not match where channels differ or groups are more than one.",
        question="What are the four axes of torch's weight, and what do groups do to the second?",
        section="08-autograd#module",
        scope=MODULE,
        variants=(ChannelsFirst, GroupsNotDivided),
    ),
    Mistake(
        id="J29",
        name="an option does not reach the forward as it was given",
        telltale="With default options all is right; another one has no effect, or half of it.",
        question="Make a layer with stride (2, 3) and print its attributes. Then its output's size?",
        section="08-autograd#module",
        scope=MODULE,
        variants=(StrideNotUsed, PaddingNotUsed, DilationNotUsed, FirstOfThePair, PairsSwapped),
    ),
    Mistake(
        id="J30",
        name="forward goes past your own Function",
        telltale="The output is right, and was made by something of torch's.",
        question="What does output.grad_fn print, and what should it print?",
        section="08-autograd#module",
        scope=MODULE,
        variants=(TorchsOwn, ByColumns),
    ),
)
