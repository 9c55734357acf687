"""An app with Segment's Python SDK: reads its events as JSON, sends them, ends when all are settled."""
import json
import logging
import sys
from datetime import datetime

from segment.analytics.client import Client

logging.disable(logging.CRITICAL)  # the test asserts what arrives
job = json.load(sys.stdin)
client = Client(job["key"], host=job["url"], upload_interval=0.2, upload_size=10)
for user_id in job["identified"]:
    client.identify(user_id=user_id, traits={})
for event in job["events"]:
    client.track(
        user_id=event["userId"],
        event=event["event"],
        properties=event["properties"],
        context={"groupId": event["groupId"]},
        timestamp=datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")),
    )
client.flush()
client.join()
