"""on_slingshot.py WORK REPLICAS"""

import sys

import labour

from slingshot_microservice import Microservice

work, replicas = sys.argv[1], int(sys.argv[2])

if work == "copy":

    def process(request, read_file, write_file):
        with read_file("in", request % 64) as reader:
            write_file("out", request).write(reader.read())
        return request, True

else:
    do = getattr(labour, work)

    def process(request):
        do()
        return request, True


Microservice("bench", None, process, replicas=replicas, prefetch=64).start()
