// An app with Segment's browser SDK, as a page runs it.
globalThis.startSdk = async ({ url, key, options }) => {
  const [analytics] = await globalThis.AnalyticsNext.AnalyticsBrowser.load(
    { writeKey: key, cdnURL: url },
    { integrations: { 'Segment.io': { protocol: 'http', ...options } } },
  )
  return {
    identify: (userId) => void analytics.identify(userId),
    reset: () => void analytics.reset(),
    track: ({ event, groupId, timestamp, properties }) =>
      void analytics.track(event, properties, { context: { groupId }, timestamp }),
  }
}
