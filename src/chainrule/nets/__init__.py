"""Networks: from a file or from Python to expressions of the engine, and worked examples in exact arithmetic."""
