"""
What the article does to say which ports of a subnet are asked, from a folder in place of a bucket: reads every enriched object, counts in
dictionaries, and writes two files for each subnet. Prints what it used.
"""

import itertools
import json
import os
import resource
import sys

SECTIONS = ("TCP_Internal", "TCP_External", "UDP_Internal", "UDP_External")

data_dict = {}
records = 0
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            data = json.load(file)
        records += len(data)
        for item in data:
            if item.get("traffic_direction") == "ingress":
                subnet = item["oracle"]["vnicsubnetocid"]
                subnet_name = item["oracle"].get("vnicsubnetname", f"subnet_{subnet}")
                protocol_name = item["protocolName"]
                port = item["destinationPort"]
                source = item["internal_or_external_source"]
                source_address = item["sourceAddress"]
                destination_address = item.get("destinationAddress")
                if protocol_name in ["TCP", "UDP"]:
                    if subnet not in data_dict:
                        sections = {section: {"ports": set(), "port_counts": {}, "records": {}} for section in SECTIONS}
                        data_dict[subnet] = {"subnet_name": subnet_name, **sections, "destination_records": {}}
                    of_subnet = data_dict[subnet]
                    key = (source_address, destination_address, port)
                    section = of_subnet[f"{protocol_name}_Internal" if source == "internal" else f"{protocol_name}_External"]
                    section["ports"].add(port)
                    section["port_counts"][port] = section["port_counts"].get(port, 0) + 1
                    section["records"][key] = section["records"].get(key, 0) + 1
                    asked = (destination_address, port)
                    of_subnet["destination_records"][asked] = of_subnet["destination_records"].get(asked, 0) + 1

for subnet, data in data_dict.items():
    output = {"vnicsubnetocid": subnet, "subnet_name": data["subnet_name"]}
    for section in SECTIONS:
        ranges = []
        for _, group in itertools.groupby(enumerate(sorted(data[section]["ports"])), key=lambda x: x[0] - x[1]):
            group = [port for _, port in group]
            ranges.append(f"{group[0]}-{group[-1]}" if len(group) > 1 else str(group[0]))
        counts = [{"port": port, "count": count} for port, count in data[section]["port_counts"].items()]
        counts.sort(key=lambda one: one["count"], reverse=True)
        output[section] = {"port_ranges": ",".join(ranges), "port_counts": counts}
    details = [
        {"destination_address": address, "destination_port": port, "count": count}
        for (address, port), count in data["destination_records"].items()
    ]
    details.sort(key=lambda one: one["count"], reverse=True)
    detailed = {"vnicsubnetocid": subnet, "subnet_name": data["subnet_name"], "detailed_records": details}
    for prefix, content in (("", output), ("details_", detailed)):
        with open(os.path.join(sys.argv[2], f"{prefix}{data['subnet_name']}.json"), "w", encoding="utf-8") as file:
            file.write(json.dumps(content))

used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"records": records, "cpuSeconds": used.ru_utime + used.ru_stime, "peakRssBytes": used.ru_maxrss * 1024}))
