"""For every two photos the relative poses that their matches allow, weighed against chance."""
