"""What a page asks for, computed: settings in, arrays or bytes out.

These functions run in worker processes, named by dotted name, so that the web server itself
imports no torch and computes nothing. Each takes the fields of its settings as a dict, and one
module answers for one tab.
"""
