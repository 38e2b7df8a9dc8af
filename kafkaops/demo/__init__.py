"""Proving that what was planned and applied does its work: records in at one end, documents out at the other.

KO930  a sink that cannot be read back: the demo knows MongoDB's sink and Camel's for Elasticsearch and S3
KO931  the dev cluster runs without what a sink writes to
KO932  the library that reads MongoDB is not installed
KO933  a topic of a sink has no registered value schema
KO934  not everything arrived in time
KO935  Kafka did not take the demo's records, or did not show the dead letters
KO936  what a sink writes to does not answer
"""
