"""The codes of planning and applying (KO800 to KO899), one line each.

KO801  changes require each other in a circle
KO802  the brokers belong to another cluster than the environment pins
KO803  --target, --allow or --allow-share names a kind that does not exist
KO804  a risky change is held back by a guard that nobody lifted
KO805  a change was not tried because something that it needs failed
KO806  a change was not tried because the run was stopped
KO807  a file is not a saved plan, or was changed after it was saved
KO808  a plan cannot be written to its file
KO809  what was reviewed is not what would be done now
KO810  --target or --allow names a resource that the spec does not know
KO830  a saved plan does not have the digest that --expect-digest names
KO831  KAFKAOPS_PLAN_KEY is too short to keep digests of secrets from being guessed
KO832  a plan deletes or changes more of one kind than the spec's limits allow
"""
