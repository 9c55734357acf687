"""clickhouse-connect as it comes: a session of its own, lz4 for what it sends, any compression for what it gets."""

import json
import os

import clickhouse_connect
import pandas
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

client = clickhouse_connect.get_client(
    host="127.0.0.1",
    port=int(os.environ["DOOR_PORT"]),
    username="default",
    password=os.environ["DOOR_PASSWORD"],
)
client.command("CREATE TABLE connected (id Int32, name String, price Nullable(Float64)) ENGINE = MergeTree ORDER BY id")
client.insert("connected", [[1, "a", None], [2, "é\n\n", 2.5]], column_names=["id", "name", "price"])
many = pandas.DataFrame({"id": range(10, 50_010), "name": ["hello"] * 50_000, "price": [1.5] * 50_000})
written = client.insert_df("connected", many).written_rows
frame = client.query_df("SELECT * FROM connected ORDER BY id LIMIT 3")
arrow = client.query_arrow("SELECT id, name FROM connected ORDER BY id LIMIT 2")

client.command("CREATE TEMPORARY TABLE mine (id Int32)")
client.insert("mine", [[2]], column_names=["id"])
joined = client.query("SELECT name FROM connected JOIN mine USING (id)").result_rows
client.command("SET max_block_size = 1234")
setting = client.command("SELECT getSetting('max_block_size')")
once = client.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 5}).result_rows
setting_after = client.command("SELECT getSetting('max_block_size')")

rows = 0
with client.query_row_block_stream("SELECT number, toString(number) FROM numbers(300000)") as stream:
    for block in stream:
        rows += len(block)
external = ExternalData(file_name="more.csv", data=b"1,one\n2,two\n", fmt="CSV", structure=["id Int32", "word String"])
words = client.query("SELECT name, word FROM connected JOIN more USING (id) ORDER BY id", external_data=external)
try:
    client.query("SELECT nope FROM connected")
    error = None
except DatabaseError as failure:
    error = failure.code if hasattr(failure, "code") else str(failure)

print(
    json.dumps(
        {
            "written": written,
            "frame": frame.astype(object).where(frame.notna(), None).values.tolist(),
            "arrow": arrow.to_pylist(),
            "joined": joined,
            "settings": [setting, once[0][0], setting_after],
            "rows": rows,
            "bound": client.query("SELECT {a:Int32} + 1", parameters={"a": 41}).result_rows,
            "words": words.result_rows,
            "error": str(error),
        }
    )
)
