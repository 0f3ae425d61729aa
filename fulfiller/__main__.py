"""Run the command line as `python -m fulfiller`."""

from fulfiller.ops.cli import main

if __name__ == "__main__":
    main()
