import type { Config } from '../../core/config.ts';
import { ENVIRONMENT } from '../../core/environment.ts';
import type { Sql } from '../../core/sql/quote.ts';
import { runStatement } from '../runtime/athena.ts';
import { athena } from '../runtime/clients/athena.ts';
import { dynamodb } from '../runtime/clients/dynamodb.ts';
import { bundleConfig } from '../runtime/config.ts';
import { requireString } from '../runtime/environment.ts';
import { httpHandler } from '../runtime/http.ts';
import { registryRange } from '../runtime/registry-range.ts';
import { answerCache } from './answer-cache.ts';
import { readDataVersion } from './data-version.ts';
import { asksForDeadLetters, respondWithDeadLetters } from './dead-letters.ts';
import { asksForReconciliation, respondWithReconciliation } from './reconciliation.ts';
import { respond } from './respond.ts';
import { asksForSchemas, bundledSchemas, respondWithSchemas } from './schemas.ts';

const database = requireString(ENVIRONMENT.glueDatabase);
const workgroup = requireString(ENVIRONMENT.queryWorkgroup);
const registryTable = requireString(ENVIRONMENT.registryTable);
const answersTable = requireString(ENVIRONMENT.answersTable);
const { apps, query } = bundleConfig<Pick<Config, 'apps' | 'query'>>();

const cache = answerCache(dynamodb(), answersTable);
const options = { client: athena(), workgroup, database, bytesLimit: query.bytesLimit };

/** GET and POST /v1/apps/{app}/{question}, GET /v1/schemas and /v1/schemas/{event}/{version}. */
export const handler = httpHandler(async (request) => {
  if (asksForSchemas(request)) return respondWithSchemas(request, apps, bundledSchemas());
  const deadline = Date.now() + query.deadlineSeconds * 1000;
  const run = (statement: Sql) => runStatement(options, statement, deadline);
  if (asksForDeadLetters(request)) return respondWithDeadLetters(request, apps, run);
  const dataVersion = (appId: string) => readDataVersion(dynamodb(), registryTable, appId);
  if (asksForReconciliation(request)) {
    return respondWithReconciliation(request, apps, {
      items: (pk, range) => registryRange(dynamodb(), registryTable, pk, range),
      dataVersion,
    });
  }
  return respond(request, apps, { cache, dataVersion, run });
});
