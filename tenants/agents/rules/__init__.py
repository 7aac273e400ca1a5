"""The rules engine: a document in, earnings out. Pure: no Django, no clock, no floats.

``document`` is what a tenant writes, ``splitting`` what a sale pays to whom (and that no saving goes below
cost), ``people`` who reaches what, ``linting`` what must not be switched on, ``simulation`` what would come
of it.
"""
