"""The codes of the command line (KO900 to KO999), one line each.

KO901  --allow is not GUARD:KIND.NAME
KO902  --target is not KIND.NAME
KO903  the environment does not say where Kafka is
KO904  the environment is a dev cluster, and that is not up
KO905  an option was given that does not go with, or needs, a saved plan
KO906  a command that changes things has no terminal to ask on
KO907  what was asked was not confirmed
KO908  stdout could not be written whole, such as to a full disk
KO909  --allow-share is not LIMIT:KIND
KO910  a step of the demo failed
KO911  the demo was not started in a project
KO912  the demo found no line to change
KO913  the dev cluster went away during the demo
KO914  --lock-timeout is no duration
KO915  --since is neither a duration nor a time
KO920  --report is not FORMAT=FILE
KO921  a report file cannot be written
KO922  --metadata is not KEY=VALUE
KO923  not two files were given to compare
KO924  an option of schemas check means nothing with, or without, two files
KO925  --throttle is no throughput
KO999  a bug in kafkaops
"""
