"""Flower's settings: celery -A workers flower --conf=config/flowerconfig.py.

`fulfiller flower` uses this file, too. The login lies in FULFILLER_HOME/flower-credentials and
is made at the first start; more logins are more lines. FULFILLER_HOME/flower-roles says who of
them steers (`alice = operator`) and who looks on. Host and port are FULFILLER_FLOWER_HOST and
FULFILLER_FLOWER_PORT.
What stands on the command line wins, as always with Flower.
"""

from tornado.options import options

from fulfiller.ops import log
from fulfiller.ops.flower import guard, login, seam
from fulfiller.settings import load

settings = load()
# Tornado has begun to log by now.
log.reform(settings, "flower")

address = settings.flower_host
port = settings.flower_port
# Who logs in with OAuth (`--auth`) needs no password besides.
basic_auth = [] if options.auth else login.logins(settings)
# Look on and change nothing, but for operators who are named in a file; `--read_only=false`, or
# `fulfiller flower --control`, for more.
read_only = True

# As many as `/api/tasks` tells in about a second; Flower starts anew at each start.
max_tasks = 5_000
max_workers = 1_000
persistent = False
# Seconds after which a worker that is gone leaves the pages and the metrics.
purge_offline_workers = 600

# Our workers always send events; Flower need not tell all of them so every five seconds.
enable_events = False
natural_time = True
# A task of ours shows its claims as "campaign tier xN", and a lone claim as its id.
tasks_columns = "name,args,result,state,received,runtime,worker"
format_task = guard.format_task

# The login for /metrics, too, and no start without one.
guard.install()
# One more tab: the campaigns, out of the store, and what operators do about them.
seam.install(settings)
