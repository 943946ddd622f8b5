"""Running code that nobody trusts: isolation, the warm zygote, remote calls, limits."""
