"""An app with a Python SDK, whose module is its argument: reads its key, then its calls, as lines of JSON."""
import importlib
import json
import logging
import sys
from datetime import datetime

logging.disable(logging.CRITICAL)  # the test asserts what arrives
job = json.loads(sys.stdin.readline())
module = importlib.import_module(sys.argv[1])
client = module.Client(job["key"], host=job["url"], upload_interval=0.2, upload_size=10)
for line in sys.stdin:
    call = json.loads(line)
    user_id, anonymous_id = call.get("userId"), call.get("anonymousId")
    if call["call"] == "identify":
        client.identify(user_id=user_id, traits={})
        continue
    client.track(
        user_id=user_id,
        anonymous_id=anonymous_id,
        event=call["event"],
        properties=call["properties"],
        context={"groupId": call["groupId"]},
        timestamp=datetime.fromisoformat(call["timestamp"].replace("Z", "+00:00")),
    )
client.flush()
client.join()
