"""The pytest items of contracts and IFEval files. Import its modules directly."""
