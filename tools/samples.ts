// The three events that `npm start` posts, exactly as written in the source document.
export const sampleEvents: readonly string[] = [
  '{"user_id":"user_456","event":"subscription_upgraded","properties":{"email":"AliceW@example.com"},"context":{"group_id":"account_789"},"timestamp":"2023-11-03T10:15:20.123Z"}',
  '{"user_id":"user_789","event":"feature_used","properties":{"email":"BobS@example.com","feature_name":"analytics_dashboard"},"context":{"group_id":"account_456"},"timestamp":"2023-11-04T14:45:30.987Z"}',
  '{"user_id":"user_123","event":"custom.event_example","properties":{"email":"JoeD@example.com","action":"clicked_button"},"context":{"group_id":"account_123"},"timestamp":"2023-11-02T00:30:08.276Z"}',
]
