"""Small classes that treat a loader as the frameworks were seen to treat it.

`make test` runs the contract with them; `make test-frameworks` compares each with the library that
it stands for, call by call.
"""
