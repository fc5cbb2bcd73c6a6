"""Reads every enriched object of a folder and counts ports by subnet in dictionaries; writes the counts to a file, and prints what it used."""

import json
import os
import resource
import sys
from collections import defaultdict

counts = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
details = defaultdict(lambda: defaultdict(int))
records = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            objects = json.load(file)
        for record in objects:
            records += 1
            if record["traffic_direction"] != "ingress" or record["protocolName"] not in ("TCP", "UDP"):
                continue
            subnet = record["oracle"]["vnicsubnetocid"]
            zone = "Internal" if record["internal_or_external_source"] == "internal" else "External"
            port = record["destinationPort"]
            counts[subnet][record["protocolName"] + "_" + zone][port] += 1
            details[subnet][record["destinationAddress"] + " " + str(port)] += 1
used = resource.getrusage(resource.RUSAGE_SELF)
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump({"ports": counts, "details": details}, file)
print(json.dumps({"records": records, "cpuSeconds": used.ru_utime + used.ru_stime, "peakRssBytes": used.ru_maxrss * 1024}))
