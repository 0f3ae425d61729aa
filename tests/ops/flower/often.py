"""Flower as Celery's users start it, but for a lookout that looks again at once."""

from celery.__main__ import main

from fulfiller.ops.flower import lookout

if __name__ == "__main__":
    lookout.EVERY_S = 0.02
    main()
