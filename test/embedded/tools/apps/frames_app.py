"""SQLAlchemy, pandas, polars and ibis, over the dialect clickhousedb:// and over clickhouse-connect."""

import json
import os

import clickhouse_connect
import ibis
import pandas
import polars
import sqlalchemy

port, password = os.environ["DOOR_PORT"], os.environ["DOOR_PASSWORD"]
engine = sqlalchemy.create_engine(f"clickhousedb://default:{password}@127.0.0.1:{port}/default")
with engine.connect() as connection:
    connection.execute(sqlalchemy.text("CREATE TABLE framed (id Int32, name String) ENGINE = MergeTree ORDER BY id"))
    table = sqlalchemy.Table("framed", sqlalchemy.MetaData(), autoload_with=engine)
    connection.execute(sqlalchemy.insert(table), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    bound = connection.execute(sqlalchemy.text("SELECT name FROM framed WHERE id = :id"), {"id": 2}).scalar()
    counted = connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar()
inspector = sqlalchemy.inspect(engine)
columns = [[column["name"], str(column["type"])] for column in inspector.get_columns("framed")]
read = pandas.read_sql_query(sqlalchemy.text("SELECT * FROM framed ORDER BY id"), engine)

by_uri = polars.read_database("SELECT * FROM framed ORDER BY id", engine)
client = clickhouse_connect.get_client(host="127.0.0.1", port=int(port), username="default", password=password)
client.insert_df_arrow("framed", polars.DataFrame({"id": [3], "name": ["polars"]}))
by_arrow = polars.from_arrow(client.query_arrow("SELECT * FROM framed ORDER BY id"))

con = ibis.clickhouse.connect(host="127.0.0.1", port=int(port), user="default", password=password)
framed = con.table("framed")
grouped = framed.group_by("name").agg(n=framed.count()).order_by("name").execute()
con.create_table("by_ibis", pandas.DataFrame({"id": [2, 3]}), overwrite=True)
local = ibis.memtable(pandas.DataFrame({"id": [3, 4]}))
joined = con.table("by_ibis").join(local, "id").count().execute()

print(
    json.dumps(
        {
            "sqlalchemy": {"bound": bound, "counted": counted, "columns": columns},
            "schemas": "system" in inspector.get_schema_names(),
            "pandas": read.values.tolist(),
            "polars": [by_uri.rows(), by_arrow.rows()],
            "ibis": {"grouped": grouped.values.tolist(), "joined": int(joined), "tables": "framed" in con.list_tables()},
        }
    )
)
