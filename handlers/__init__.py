"""The edge, coming in. Thin: translate, call one flow function, answer."""
