import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own producer, told what to write on its standard input. A line is a command and its fields,
 * between tabs; bytes are base64, "-" is null. It answers "done" when the records of a group are acknowledged.
 */
public class ForeignProducer {
  public static void main(String[] arguments) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    KafkaProducer<byte[], byte[]> producer = null;
    String topic = "";
    String transaction = "none";
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] field = line.split("\t", -1);
      switch (field[0]) {
        case "begin" -> { // topic, codec, transaction, transactional id
          topic = field[1];
          transaction = field[3];
          producer = new KafkaProducer<>(settings(arguments[0], field[2], transaction, field[4]));
          if (!transaction.equals("none")) {
            producer.initTransactions();
            producer.beginTransaction();
          }
        }
        case "record" -> producer.send(recordOf(topic, field));
        case "end" -> {
          producer.flush();
          if (transaction.equals("commit")) producer.commitTransaction();
          if (transaction.equals("abort")) producer.abortTransaction();
          producer.close();
          System.out.println("done");
        }
        default -> throw new IllegalArgumentException(line);
      }
    }
  }

  private static Properties settings(String brokers, String codec, String transaction, String id) {
    var settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());
    settings.put("compression.type", codec);
    settings.put("linger.ms", "200");
    settings.put("batch.size", "500000");
    settings.put("max.request.size", "20000000");
    settings.put("buffer.memory", "200000000");
    if (!transaction.equals("none")) settings.put("transactional.id", id);
    return settings;
  }

  /** partition, timestamp, key, value, headers as name:value,… */
  private static ProducerRecord<byte[], byte[]> recordOf(String topic, String[] field) {
    List<Header> headers = new ArrayList<>();
    for (String header : field[5].split(",")) {
      if (header.isEmpty()) continue;
      String[] part = header.split(":", -1);
      var name = new String(bytes(part[0]), StandardCharsets.UTF_8);
      headers.add(new RecordHeader(name, bytes(part[1])));
    }
    Long timestamp = field[2].equals("-") ? null : Long.valueOf(field[2]);
    int partition = Integer.parseInt(field[1]);
    return new ProducerRecord<>(
        topic, partition, timestamp, bytes(field[3]), bytes(field[4]), headers);
  }

  private static byte[] bytes(String text) {
    return text.equals("-") ? null : Base64.getDecoder().decode(text);
  }
}
