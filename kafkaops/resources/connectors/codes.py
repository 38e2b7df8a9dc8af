"""The codes of connectors (KO510 to KO549), one line each. Those of the Connect client are in `clients/connect.py`.

KO510  the environment has no Connect address
KO511  the plugin is not installed on the worker
KO512  the worker finds a setting invalid
KO513  the worker could not validate the configuration
KO515  the dead-letter topic is one of the connector's own topics
KO516  the dead-letter topic's replication factor is above the number of brokers
KO517  a topic that the connector reads neither exists nor is declared
KO518  more tasks than partitions
KO519  a dead-letter topic, but errors are not tolerated
KO520  errors are tolerated and nothing keeps the records
KO521  a setting that has no effect
KO522  the class of a converter, transformation or predicate is not installed
KO524  the dead-letter topic is not declared, so the worker would create it
KO525  an override of the Kafka clients' settings that they do not take
KO526  a setting that the plugin does not know, misspelt perhaps
KO531  tasks restart
KO532  the connector's class changes
KO533  topics are no longer read
KO534  the connector is deleted
KO535  the connector is paused or stopped
KO536  the consumer group changes
KO541  a connector or task failed
KO542  a connector did not reach its state in time
KO543  a deleted connector is still there
KO544  a connector that is to be removed is not there
KO545  a connector is without a running task
KO546  waiting was ended by an interruption
KO547  a connector that is not this spec's is not steered
"""
