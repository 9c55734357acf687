// What an app does with the SDK of its page: identifies its users, then tracks.
globalThis.app = async ({ identified, events, ...job }) => {
  const sdk = await globalThis.startSdk(job)
  for (const userId of identified) sdk.identify(userId)
  for (const event of events) {
    sdk.identify(event.userId)
    sdk.track(event)
  }
}
