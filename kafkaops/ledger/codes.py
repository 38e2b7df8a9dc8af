"""The codes of ledger, lock and runs (KO870 to KO899), one line each.

KO870  a record of the ledger cannot be read
KO871  the ledger was written by a newer kafkaops
KO872  another project holds the resource
KO873  another project owns the prefix, or holds what begins with it
KO874  another run of this project holds the lock
KO875  the lock was lost while the run went on
KO876  an earlier run was interrupted
KO877  a run is under way
KO878  the ledger's topics cannot be made or are not as they must be
KO879  the cluster has no ledger, or it knows nothing of this project
KO880  resources are there as declared and not recorded yet
KO881  there is no such run, or it is none that can be rolled back
KO882  what a rollback cannot bring back
KO883  what drift could not be told of
KO884  a resource was deleted, or deleted and made again, since it was applied
KO885  the run was not recorded whole
KO886  later runs, or the spec, stand against a rollback
"""
