"""The child process that takes one file out of a hostile mail, within the same limits as the one that reads mail."""

import sys

from drip.mail import files, incoming_child

if __name__ == "__main__":
    incoming_child.main(float(sys.argv[1]), int(sys.argv[2]), files.answer)
