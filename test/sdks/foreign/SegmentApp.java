import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.ToNumberPolicy;
import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.TrackMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** An app with Segment's Java SDK: reads its key, then its calls, as lines of JSON; ends when all are settled. */
class SegmentApp {
  static class Job {
    String url;
    String key;
  }

  static class Call {
    String call;
    String userId;
    String anonymousId;
    String event;
    String groupId;
    String timestamp;
    Map<String, Object> properties;
  }

  public static void main(String[] arguments) throws Exception {
    Gson gson =
        new GsonBuilder().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Job job = gson.fromJson(lines.readLine(), Job.class);
    Semaphore settled = new Semaphore(0);
    Analytics analytics =
        Analytics.builder(job.key)
            .endpoint(job.url)
            .flushQueueSize(10)
            .flushInterval(1, TimeUnit.SECONDS)
            .callback(counting(settled))
            .build();
    int calls = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Call call = gson.fromJson(line, Call.class);
      if (call.call.equals("track")) analytics.enqueue(track(call));
      else analytics.enqueue(IdentifyMessage.builder().userId(call.userId).traits(Map.of()));
      calls += 1;
    }
    analytics.flush();
    boolean isSettled = settled.tryAcquire(calls, 60, TimeUnit.SECONDS);
    analytics.shutdown();
    System.exit(isSettled ? 0 : 1);
  }

  private static TrackMessage.Builder track(Call call) {
    return TrackMessage.builder(call.event)
        .userId(call.userId)
        .anonymousId(call.anonymousId)
        .timestamp(Date.from(Instant.parse(call.timestamp)))
        .context(Map.of("groupId", call.groupId))
        .properties(call.properties);
  }

  private static Callback counting(Semaphore settled) {
    return new Callback() {
      @Override
      public void success(Message message) {
        settled.release();
      }

      @Override
      public void failure(Message message, Throwable throwable) {
        settled.release();
      }
    };
  }
}
