"""mcp-clickhouse: what an assistant asks of a database, through the server's own protocol."""

import asyncio
import json
import os

os.environ.update(
    CLICKHOUSE_HOST="127.0.0.1",
    CLICKHOUSE_PORT=os.environ["DOOR_PORT"],
    CLICKHOUSE_USER="default",
    CLICKHOUSE_PASSWORD=os.environ["DOOR_PASSWORD"],
    CLICKHOUSE_SECURE="false",
)

from fastmcp import Client
from mcp_clickhouse import mcp_server


async def main() -> None:
    async with Client(mcp_server.mcp) as client:

        async def call(tool: str, **arguments: str) -> object:
            result = await client.call_tool(tool, arguments)
            return json.loads(result.content[0].text)

        databases = await call("list_databases")
        tables = await call("list_tables", database="system")
        answer = await call("run_query", query="SELECT count() AS n FROM numbers(7)")
        print(json.dumps({"databases": "default" in databases, "tables": tables["total_tables"] > 50, "answer": answer}))


asyncio.run(main())
