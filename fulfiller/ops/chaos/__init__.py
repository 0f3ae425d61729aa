"""`fulfiller chaos`: break it on purpose, and judge what became of everybody's claims."""
