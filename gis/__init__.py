"""The words of the service and the store behind them: layers, symbols, features, queries, databases."""
