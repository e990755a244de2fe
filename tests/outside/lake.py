# Copyright (c) 2026, finops.cloud contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks Spark about a lake. Spark starts once, as that takes longest.

PYTHON lake.py, with pyspark: reads a line of JSON with `definitions`, a list of statements, and `questions`,
a statement by name, and writes a line with the rows of each question; and so on. Decimals and dates are text.
"""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

#: For few rows: nothing is compiled for a question, and one core answers.
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def main() -> None:
    builder = SparkSession.builder.master("local[1]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    for line in sys.stdin:
        asked = json.loads(line)
        for statement in asked["definitions"]:
            spark.sql(statement)
        told = {
            name: [row.asDict() for row in spark.sql(one).collect()]
            for name, one in asked["questions"].items()
        }
        print(json.dumps(told, default=str), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
