"""From a live cluster to a spec of it, so that planning right after shows no change.

    read (bulk I/O) → draft (pure: files as texts) → written beside, loaded, compared with what was read → moved

What is there and cannot be declared, and what the caller may not see, is a finding and never left out silently.
Secrets become references. Nothing is ever written to the cluster.

KO950  the folder to write into holds other files
KO951  the folder cannot be written
KO952  a value of a connector looks like a secret, and nothing says whether it is one
KO953  the options do not go together, or say not enough
KO954  a client properties file cannot be used
KO955  the spec that was made does not hold together
KO956  a pattern matches nothing
KO957  a file that is there already would be read with the import
KO960  the caller may not see it, or may not see all of it
KO961  it is there and cannot be declared so that nothing changes: left out
KO962  it belongs to another system, or to a connector: left out
KO963  one of its settings cannot be declared: left unmanaged
KO964  it is named and not imported: declared with `managed: false`
KO965  what is there now is not as it should be, and `plan` will say so
KO967  an option that names a connector's setting matches none
"""
