// An app with RudderStack's browser SDK, as a page runs it.
globalThis.startSdk = async ({ url, key, options }) => {
  const { resetsEverything, ...loadOptions } = options
  const rudderanalytics = new globalThis.rudderanalytics.RudderAnalytics()
  rudderanalytics.load(key, url, { configUrl: url, ...loadOptions })
  await new Promise((resolve) => rudderanalytics.ready(resolve))
  return {
    identify: (userId) => rudderanalytics.identify(userId),
    reset: () => rudderanalytics.reset(resetsEverything),
    track: ({ event, groupId, timestamp, properties }) =>
      rudderanalytics.track(event, properties, {
        context: { groupId },
        originalTimestamp: timestamp,
      }),
  }
}
