"""The steps of the pipe. Each leaves a row and returns; the next step finds the row."""
