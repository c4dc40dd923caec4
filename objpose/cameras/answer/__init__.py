"""What is told of every photo: its place, how far it is trusted, why; and the files of it."""
