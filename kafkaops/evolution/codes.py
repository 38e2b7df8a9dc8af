"""The codes of schema evolution (KO350 to KO389), one line each.

KO350  a schema does not fit an earlier version at the subject's level; the rule says how
KO351  a schema file was deleted, or its subject is no longer declared
KO352  a schema file was renamed
KO353  a subject's compatibility level was lowered
KO354  another subject is used for a topic's keys or values
KO355  a topic's subject naming strategy was changed
KO356  the schema of a topic's keys was changed
KO357  a suppression has expired
KO358  a suppression suppresses nothing
KO359  the registry's verdict differs from kafkaops' own
KO360  the registry calls a schema incompatible, or refuses it
KO361  a schema could not be checked here: only Avro is checked offline
KO362  a schema breaks a lint rule
KO363  an earlier version is not a usable schema
KO364  the earlier spec cannot be read, so that bindings and levels were not compared
KO365  a subject's schema is in another language than its earlier versions
KO370  git is not installed, or does not answer
KO371  not a git repository
KO372  a git ref does not exist
KO373  no main branch was found
KO374  git finds no common ancestor
KO375  the git history is cut (shallow clone)
KO376  a git object is missing or unreadable
KO377  what --against names cannot be used
KO378  a schema file given as an argument cannot be used
KO379  the earlier folder cannot be used
KO380  the environment does not say where the schema registry is
KO381  a file is in the way of a pulled schema
KO382  no subject matches
KO383  what a comparison names cannot be read
KO384  a project was moved, and where it lay before is not clear
"""
