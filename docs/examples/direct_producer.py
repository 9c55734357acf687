"""Writes events to the topic without ingest. pip install confluent-kafka fastavro"""

import io
import json
import os
import struct
import sys
import time
import urllib.request

import fastavro
from confluent_kafka import Producer

TOPIC = os.environ.get("KAFKA_TOPIC", "events.tracked.v1")
# As the operator set KAFKA_PARTITIONS: never what Kafka says now, which may have grown.
PARTITIONS = int(os.environ.get("KAFKA_PARTITIONS", "12"))


def registered_schema():
    """The newest schema of the topic, as setup registered it, and its id."""
    subject = f"{os.environ['SCHEMA_REGISTRY_URL']}/subjects/{TOPIC}-value"
    with urllib.request.urlopen(f"{subject}/versions/latest", timeout=10) as answer:
        found = json.load(answer)
    return fastavro.parse_schema(json.loads(found["schema"])), found["id"]


def murmur2(data):
    """As Kafka's own producers place a key."""
    mask, multiply = 0xFFFFFFFF, 0x5BD1E995
    value = 0x9747B28C ^ len(data)
    whole = len(data) - len(data) % 4
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        word = word * multiply & mask
        word = (word ^ word >> 24) * multiply & mask
        value = (value * multiply & mask) ^ word
    rest = data[whole:]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * multiply & mask
    value = (value ^ value >> 13) * multiply & mask
    return value ^ value >> 15


def event(event_id, group_id):
    now = int(time.time() * 1000)
    return {
        "event_id": event_id,  # yours, and the same when you send it again
        "event": "invoice_paid",
        "group_id": group_id,
        "user_id": "user_1",
        "anonymous_id": None,
        "timestamp": now,  # when it happened
        "sent_at": None,
        "received_at": now,  # when you write it: never the time of the event
        "properties": json.dumps({"amount": 12.5, "currency": "EUR"}),  # the text of a JSON object
        "context": "{}",
        "extra": "{}",
        "source": "billing",
    }


def delivered(error, record):
    if error is not None:  # perhaps not written: send the same event_id again
        raise SystemExit(f"{record.key()}: {error}")


def main(count):
    producer = Producer(
        {
            "bootstrap.servers": os.environ["KAFKA_BROKERS"],
            "acks": "all",
            "enable.idempotence": True,  # no record twice, none out of order
            "compression.type": "zstd",  # or lz4, snappy, gzip: all are read
            "linger.ms": 20,
        }
    )
    schema, schema_id = registered_schema()
    head = struct.pack(">bI", 0, schema_id)
    for number in range(count):
        one = event(f"python-{number}", f"account_{number % 50}")
        value = io.BytesIO()
        value.write(head)
        fastavro.schemaless_writer(value, schema, one)
        key = one["group_id"].encode()
        partition = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
        while True:
            try:
                producer.produce(
                    TOPIC, value.getvalue(), key, partition=partition, on_delivery=delivered
                )
                break
            except BufferError:  # the producer's queue is full
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(30) > 0:
        raise SystemExit("not all were delivered in time: send them again")


main(int(sys.argv[1]))
