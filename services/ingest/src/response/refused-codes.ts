/** Codes of requests whose key is missing, unknown, or may not do this. */
export const UNAUTHORIZED = [
  'missing_api_key',
  'invalid_api_key',
  'origin_not_allowed',
  'key_scope',
] as const
/** Codes of requests that cannot be read, or hold nothing to read. */
export const MALFORMED = [
  'bad_request',
  'invalid_json',
  'invalid_utf8',
  'invalid_encoding',
  'empty_body',
  'empty_batch',
  'invalid_envelope',
  'body_timeout',
  'body_too_large',
  'too_many_events',
  'uri_too_long',
  'unsupported_encoding',
  'unsupported_media_type',
  'headers_too_large',
] as const

/** Requests that are refused for what they are, not for what happens here. */
export const REFUSED_CODES = { unauthorized: UNAUTHORIZED, malformed: MALFORMED }
