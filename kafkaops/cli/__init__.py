"""The commands: parse options, build clients, call one function, render, exit. No logic."""
