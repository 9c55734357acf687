import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.ToNumberPolicy;
import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.TrackMessage;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An app with Segment's Java SDK: reads its events as JSON, sends them, ends when all are settled. */
class SegmentApp {
  static class Event {
    String event;
    String userId;
    String groupId;
    String timestamp;
    Map<String, Object> properties;
  }

  static class Job {
    String url;
    String key;
    List<String> identified;
    List<Event> events;
  }

  public static void main(String[] arguments) throws Exception {
    Job job = readJob();
    CountDownLatch settled = new CountDownLatch(job.identified.size() + job.events.size());
    Analytics analytics =
        Analytics.builder(job.key)
            .endpoint(job.url)
            .flushQueueSize(10)
            .flushInterval(1, TimeUnit.SECONDS)
            .callback(counting(settled))
            .build();
    for (String userId : job.identified) {
      analytics.enqueue(IdentifyMessage.builder().userId(userId).traits(Map.of()));
    }
    for (Event event : job.events) analytics.enqueue(track(event));
    analytics.flush();
    boolean isSettled = settled.await(60, TimeUnit.SECONDS);
    analytics.shutdown();
    System.exit(isSettled ? 0 : 1);
  }

  private static Job readJob() {
    Gson gson =
        new GsonBuilder().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();
    return gson.fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Job.class);
  }

  private static TrackMessage.Builder track(Event event) {
    return TrackMessage.builder(event.event)
        .userId(event.userId)
        .timestamp(Date.from(Instant.parse(event.timestamp)))
        .context(Map.of("groupId", event.groupId))
        .properties(event.properties);
  }

  private static Callback counting(CountDownLatch settled) {
    return new Callback() {
      @Override
      public void success(Message message) {
        settled.countDown();
      }

      @Override
      public void failure(Message message, Throwable throwable) {
        settled.countDown();
      }
    };
  }
}
