"""Subjects of the schema registry: what is registered, at which compatibility level.

KO301  the schema file is not valid: not JSON, not Avro, or a type that no file defines
KO302  the registry calls the schema incompatible
KO303  the registry would let it through, but readers or writers would break
KO304  the registry's mode does not allow registering
KO305  a schema that stays refers to the subject that is to go
KO306  the subject to be removed is still declared
KO307  deleting a subject
KO308  a key's schema changes, so that the same key can go to another partition
KO309  going back to an earlier version deletes that version softly and registers it again
KO310  a compatibility level is lowered
KO311  the global compatibility level concerns subjects of others
KO312  the registry has the declared schema already, as an earlier version or with other docs; nothing is done
KO313  the version to go back to is referred to, so that the registry will not let go of it
KO314  the subject's schemas change their language
KO315  two files are declared for one subject
KO316  the environment names no schema registry
KO317  after registering, the newest version is not the declared one
KO318  the compatibility level did not become what was set
KO319  the subject is still there after it was deleted
KO320  under level NONE nothing is checked, and this change breaks readers
KO321  a subject that is referred to has no version
"""
