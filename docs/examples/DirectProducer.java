import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/**
 * Writes events to the topic without ingest. Needs org.apache.kafka:kafka-clients and org.apache.avro:avro.
 */
public class DirectProducer {
  static final String TOPIC = System.getenv().getOrDefault("KAFKA_TOPIC", "events.tracked.v1");

  /** As the operator set KAFKA_PARTITIONS: never what Kafka says now, which may have grown. */
  static final int PARTITIONS = Integer.parseInt(System.getenv().getOrDefault("KAFKA_PARTITIONS", "12"));

  public static void main(String[] arguments) throws Exception {
    var registered = registeredSchema();
    var schema = new Schema.Parser().parse(registered.get("schema").asText());
    int schemaId = registered.get("id").asInt();

    var settings = new Properties();
    settings.put("bootstrap.servers", System.getenv("KAFKA_BROKERS"));
    settings.put("acks", "all");
    settings.put("enable.idempotence", "true"); // no record twice, none out of order
    settings.put("compression.type", "zstd"); // or lz4, snappy, gzip: all are read
    settings.put("linger.ms", "20");
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());

    try (var producer = new KafkaProducer<byte[], byte[]>(settings)) {
      var sent = new ArrayList<Future<RecordMetadata>>();
      for (int number = 0; number < Integer.parseInt(arguments[0]); number++) {
        var event = event(schema, "java-" + number, "account_" + number % 50);
        sent.add(producer.send(record(event, schemaId)));
        if (sent.size() == 1_000) waitForAll(sent);
      }
      waitForAll(sent);
    }
  }

  /** Each must be asked: that the last one was written says nothing about those in other partitions. */
  static void waitForAll(List<Future<RecordMetadata>> sent) throws Exception {
    // Anything that `get` throws was perhaps not written: send the same event_id again.
    for (var one : sent) one.get();
    sent.clear();
  }

  static GenericRecord event(Schema schema, String eventId, String groupId) {
    long now = Instant.now().toEpochMilli();
    var event = new GenericData.Record(schema);
    event.put("event_id", eventId); // yours, and the same when you send it again
    event.put("event", "invoice_paid");
    event.put("group_id", groupId);
    event.put("user_id", "user_1");
    event.put("anonymous_id", null);
    event.put("timestamp", now); // when it happened
    event.put("sent_at", null);
    event.put("received_at", now); // when you write it: never the time of the event
    event.put("properties", "{\"amount\":12.5,\"currency\":\"EUR\"}"); // the text of a JSON object
    event.put("context", "{}");
    event.put("extra", "{}");
    event.put("source", "billing");
    return event;
  }

  static ProducerRecord<byte[], byte[]> record(GenericRecord event, int schemaId) throws Exception {
    var value = new ByteArrayOutputStream();
    value.write(0);
    value.write(ByteBuffer.allocate(4).putInt(schemaId).array());
    var encoder = EncoderFactory.get().binaryEncoder(value, null);
    new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
    encoder.flush();
    byte[] key = event.get("group_id").toString().getBytes(StandardCharsets.UTF_8);
    int partition = Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
    return new ProducerRecord<>(TOPIC, partition, key, value.toByteArray());
  }

  /** The newest schema of the topic, as setup registered it: `id` and `schema`. */
  static JsonNode registeredSchema() throws Exception {
    var subject = System.getenv("SCHEMA_REGISTRY_URL") + "/subjects/" + TOPIC + "-value";
    var request = HttpRequest.newBuilder(URI.create(subject + "/versions/latest")).build();
    var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IllegalStateException(subject + ": " + answer.body());
    return new ObjectMapper().readTree(answer.body());
  }
}
