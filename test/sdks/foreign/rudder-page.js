// An app with RudderStack's browser SDK, as a page runs it: identifies its user, then tracks.
globalThis.app = async ({ url, key, identified, events, options }) => {
  const rudderanalytics = new globalThis.rudderanalytics.RudderAnalytics()
  rudderanalytics.load(key, url, { configUrl: url, ...options })
  await new Promise((resolve) => rudderanalytics.ready(resolve))
  for (const userId of identified) rudderanalytics.identify(userId)
  for (const { event, userId, groupId, timestamp, properties } of events) {
    rudderanalytics.identify(userId)
    rudderanalytics.track(event, properties, {
      context: { groupId },
      originalTimestamp: timestamp,
    })
  }
}
