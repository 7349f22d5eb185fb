/**
 * What every SDK client starts with. Region, credentials and endpoint come from the environment, as Lambda sets them (and
 * as the local stack does).
 * The timeouts are short: a hanging connection must not eat the function's own deadline before a second try.
 */
export const CLIENT_DEFAULTS = {
  maxAttempts: 3,
  // Without throwOnRequestTimeout the SDK writes a warning and goes on waiting.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
