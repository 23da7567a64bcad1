"""on_predecessor.py WORK"""

import os
import sys

import labour
from slingshot_microservice import Microservice

work = sys.argv[1]


def startup(read_file, write_file, connection):
    return []


if work == "copy":

    def process(request, read_file, write_file, connection):
        write_file("out", request).write(read_file("in", request % 64).read())
        yield request, True

else:
    do = getattr(labour, work)

    def process(request, read_file, write_file, connection):
        do()
        yield request, True


Microservice("bench", os.environ["SLINGSHOT_SYS_MAP"], startup, process).start()
