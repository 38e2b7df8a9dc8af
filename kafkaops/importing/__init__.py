"""From a live cluster to a spec of it, so that planning right after shows no change.

    read (bulk I/O) → draft (pure: files as texts) → written beside, loaded, compared with what was read → moved

What is there and cannot be declared, and what the caller may not see, is a finding and never left out silently.
Secrets become references. Nothing is ever written to the cluster.

KO930  the folder to write into holds other files
KO931  the folder cannot be written
KO932  a value of a connector looks like a secret, and nothing says whether it is one
KO933  the options do not go together, or say not enough
KO934  a client properties file cannot be used
KO935  the spec that was made does not hold together
KO936  a pattern matches nothing
KO937  a file that is there already would be read with the import
KO940  the caller may not see it, or may not see all of it
KO941  it is there and cannot be declared so that nothing changes: left out
KO942  it belongs to another system, or to a connector: left out
KO943  one of its settings cannot be declared: left unmanaged
KO944  it is named and not imported: declared with `managed: false`
KO945  what is there now is not as it should be, and `plan` will say so
KO946  a value is written as a reference
KO947  an option that names a connector's setting matches none
"""
