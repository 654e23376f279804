"""Operations and their gradients: check the arguments, bring them to one form, call the backend.

One file per family, the forward operation above its gradients. `fastconv.functional` and
`fastconv.grad` are the tables of contents.
"""
