"""Answers SQL: a JSON text a line comes in, {"rows": [...]} or {"error": "..."} goes out."""

import datetime
import decimal
import json
import sys

from pyspark.sql import SparkSession

master = sys.argv[1]
out = sys.stdout
sys.stdout = sys.stderr
spark = (
    SparkSession.builder.master(master)
    .appName("flowferry")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.executor.memory", "768m")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def say(answer):
    out.write(json.dumps(answer) + "\n")
    out.flush()


# The driver is one block manager, each executor another.
spark.range(1).count()
executors = spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
say({"version": spark.version, "workers": executors})
for line in sys.stdin:
    try:
        rows = spark.sql(json.loads(line)).collect()
        say({"rows": [[plain(value) for value in row] for row in rows]})
    except Exception as error:  # noqa: BLE001
        say({"error": str(error).split("\n\nJVM stacktrace")[0]})
spark.stop()
