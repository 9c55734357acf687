// An app with Segment's browser SDK, as a page runs it: identifies its user, then tracks.
globalThis.app = async ({ url, key, identified, events, options }) => {
  const [analytics] = await globalThis.AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: key, cdnURL: url },
    { integrations: { 'Segment.io': { protocol: 'http', ...options } } },
  )
  for (const userId of identified) void analytics.identify(userId)
  for (const { event, userId, groupId, timestamp, properties } of events) {
    void analytics.identify(userId)
    void analytics.track(event, properties, { context: { groupId }, timestamp })
  }
}
