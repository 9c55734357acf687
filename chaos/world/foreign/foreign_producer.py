"""librdkafka, told what to write on its standard input, as ForeignProducer.java is."""

import base64
import sys

from confluent_kafka import Producer


def data(text):
    return None if text == "-" else base64.b64decode(text)


def settings(brokers, codec, transaction, transactional_id):
    chosen = {
        "bootstrap.servers": brokers,
        "compression.type": codec,
        "linger.ms": 200,
        "batch.size": 500000,
        "message.max.bytes": 20000000,
    }
    if transaction != "none":
        chosen["transactional.id"] = transactional_id
    return chosen


failures = []


def delivered(error, _record):
    if error is not None:
        failures.append(error)


def main(brokers):
    producer, topic, transaction = None, "", "none"
    for line in sys.stdin:
        command, *field = line.rstrip("\n").split("\t")
        if command == "begin":
            topic, codec, transaction, transactional_id = field
            producer = Producer(settings(brokers, codec, transaction, transactional_id))
            if transaction != "none":
                producer.init_transactions(30)
                producer.begin_transaction()
        elif command == "record":
            partition, timestamp, key, value, headers = field
            pairs = [header.split(":") for header in headers.split(",") if header]
            more = {} if timestamp == "-" else {"timestamp": int(timestamp)}
            producer.produce(
                topic,
                value=data(value),
                key=data(key),
                partition=int(partition),
                headers=[(data(name).decode(), data(one)) for name, one in pairs],
                on_delivery=delivered,
                **more,
            )
            producer.poll(0)
        else:
            producer.flush(60)
            if transaction == "commit":
                producer.commit_transaction(30)
            if transaction == "abort":
                producer.abort_transaction(30)
            if failures:
                raise SystemExit(f"not delivered: {failures[0]}")
            print("done", flush=True)


main(sys.argv[1])
