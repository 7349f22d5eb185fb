import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The one logger: JSON lines with the request's id. The level comes from POWERTOOLS_LOG_LEVEL or the function's log level.
 * A request that went well is not logged: the API's access log has it. (Collect's counts go by runtime/metrics.ts.)
 */
export const logger = new Logger({ serviceName: 'millrace' });
