"""The codes of the dev cluster (KO700 to KO799), one line each.

KO700  the packages of the extra `dev` are not installed
KO701  a name that no dev cluster can have
KO702  the cache or the data folder cannot be written
KO703  the state file of a dev cluster cannot be read
KO704  the machine has no free port left
KO705  a file could not be downloaded, or is not what the lock says
KO706  the brokers' storage could not be prepared
KO707  Elasticsearch cannot be started as root without `setpriv`
KO708  a node ended or did not answer in time
KO709  there is no such dev cluster, or no such node in it
KO710  the dev cluster was made with another number of brokers
KO711  the folder belongs to something else
KO712  the S3 target did not make a bucket
KO713  there is no such target
"""
