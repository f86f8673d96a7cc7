"""The items that contracts and IFEval files become. Import its modules directly."""
