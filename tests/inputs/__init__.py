"""Files and habits as people have them: each test is a row of docs/input.md."""
